// A private directory inside the data directory, for a database that is tested before it is used.
// It is on the disk that has the data anyway, so one rename can put the database in place.
#pragma once

#include <string>

#include "base/file.h"

namespace authd::server {

// The destructor removes it with its contents. If the process is killed, the next one removes it.
class Scratch {
 public:
  // Removes the directories of killed processes; make() does this too.
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
