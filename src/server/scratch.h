// A private directory inside the data directory, for a database that is tried before it is used: on
// the disk that is trusted with the data anyway, and beside what it may replace, so that one rename
// puts it there.
#pragma once

#include <string>

#include "base/file.h"

namespace authd::server {

// Removed with all that is in it when it goes. One whose process was killed is removed by the next.
class Scratch {
 public:
  // Those whose processes were killed are removed; make() does it too.
  static void remove_abandoned(const std::string& data_dir);
  // Error: `unavailable`.
  static Result<Scratch> make(const std::string& data_dir);
  Scratch(Scratch&&) = default;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  const std::string& path() const { return path_; }

 private:
  Scratch(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;  // holds a lock while it is in use
};

}  // namespace authd::server
