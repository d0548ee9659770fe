// A file that gets its name only when it is complete. Until then its name has six more letters at
// the end, and its process holds a lock on it.
#pragma once

#include <functional>
#include <string>

#include "base/file.h"

namespace authd::server {

// The destructor removes it unless it was kept.
class TemporaryFile {
 public:
  // Created beside the file that it will become; mode 0600. fd() is negative if it cannot be
  // created.
  explicit TemporaryFile(const std::string& beside);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  // Gives the file its name, atomically. Error: `conflict` if the name exists and must not be
  // replaced.
  Result<void> keep_as(const std::string& name, bool replaces);

  static Error there_already(const std::string& name);

 private:
  std::string path_;
  UniqueFd fd_;
  bool is_kept_ = false;
};

// Removes the unfinished files with such names that killed processes left in the directory.
void remove_unfinished(const std::string& directory,
                       const std::function<bool(std::string_view name)>& is_ours);

}  // namespace authd::server
