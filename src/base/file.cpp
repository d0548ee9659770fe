#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace authd {
namespace {

Error failed(std::string_view action, const std::string& path, int error_number) {
  return Error{error_number == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
               "cannot " + std::string(action) + " " + path + ": " + system_message(error_number)};
}

Result<void> write_durably(int fd, std::string_view bytes, const std::string& path) {
  TRY(write_all(fd, bytes, path));
  if (fsync(fd) != 0) return failed("write", path, errno);
  return {};
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

std::string system_message(int error_number) {
  return std::generic_category().message(error_number);
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

Result<void> sync_directory(const std::string& directory) {
  const UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return failed("write", directory, errno);
  return {};
}

Result<std::string> read_file(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return failed("read", path, errno);
  // A small file may be a key. It is read in place, because every move would leave a copy behind.
  constexpr size_t kStep = 16 * 1024;
  std::string bytes;
  bytes.reserve(2 * kStep);
  size_t length = 0;
  while (true) {
    bytes.resize(length + kStep);
    const ssize_t got = read(fd.get(), bytes.data() + length, kStep);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path, errno);
    length += static_cast<size_t>(got);
    if (length > max_bytes) {
      return Error{ErrorCode::too_large,
                   path + " is larger than " + std::to_string(max_bytes) + " bytes"};
    }
    if (got == 0) {
      bytes.resize(length);
      return bytes;
    }
  }
}

Result<void> write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode) {
  return write_file_atomic(path, ".", bytes, [&](int fd) -> Result<void> {
    if (fchmod(fd, mode) != 0) return failed("set the mode of", path, errno);
    return {};
  });
}

Result<void> write_file_atomic(const std::string& path, std::string_view mark,
                               std::string_view bytes, FunctionRef<Result<void>(int fd)> prepare) {
  std::string temporary = path + std::string(mark) + "XXXXXX";
  const UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return failed("create a file beside", path, errno);
  Result<void> written = prepare(fd.get());
  if (written) written = write_durably(fd.get(), bytes, temporary);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = failed("replace", path, errno);
  }
  if (!written) {
    unlink(temporary.c_str());
    return written;
  }
  return sync_directory(parent_of(path));
}

}  // namespace authd
