// Small whole files: configuration, keys, certificates. Errors are `unavailable`, or `not_found` if
// the file does not exist. They name the path and the system's reason.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/function_ref.h"
#include "base/result.h"

namespace authd {

// Owns a file descriptor; -1 means none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The system's text for an errno: "No such file or directory". Thread-safe.
std::string system_message(int error_number);

// The whole file; `too_large` beyond `max_bytes`.
Result<std::string> read_file(const std::string& path, size_t max_bytes);

// Writes all of it to the descriptor; `path` names it in an error.
Result<void> write_all(int fd, std::string_view bytes, const std::string& path);

// The directory that a file is in: "/a/b" → "/a/", "b" → ".".
std::string parent_of(const std::string& path);

// Makes the names in a directory durable.
Result<void> sync_directory(const std::string& directory);

// Replaces the file as a whole: a reader sees the old or the new content, even after a crash.
Result<void> write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode);

// The same, but `prepare` sets the owner and mode of the new file (0600, ours) before it appears
// under its name. Until then its name is `path`, `mark` and six random characters. A process that
// is killed may leave such a file behind.
Result<void> write_file_atomic(const std::string& path, std::string_view mark,
                               std::string_view bytes, FunctionRef<Result<void>(int fd)> prepare);

}  // namespace authd
