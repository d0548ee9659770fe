// A file that has its name only once it is whole. Until then it has six more letters at the end,
// and its process holds a lock on it.
#pragma once

#include <functional>
#include <string>

#include "base/file.h"

namespace authd::server {

// Gone with its object unless it was kept.
class TemporaryFile {
 public:
  // Beside the file that it shall become; mode 0600. fd() is negative when it cannot be made.
  explicit TemporaryFile(const std::string& beside);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  // Gives it its name, at once. Error: `conflict` when that is there and not to be replaced.
  Result<void> keep_as(const std::string& name, bool replaces);

  static Error there_already(const std::string& name);

 private:
  std::string path_;
  UniqueFd fd_;
  bool is_kept_ = false;
};

// Removes what killed processes left in the directory of files that would have had such names.
void remove_unfinished(const std::string& directory,
                       const std::function<bool(std::string_view name)>& is_ours);

}  // namespace authd::server
