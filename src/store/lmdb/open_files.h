// The two files of a database that a process has open, by what they are and not by their names.
// Somebody may remove lock.mdb (it looks like a left-over) or put other files into the directory
// while processes work there. Two processes with two lock files would both write, and damage the
// database for good; one whose data file is gone from the directory would write to nowhere.
//
// So every process marks the data file as being used with its lock file: by a shared lock of the
// kernel on the byte whose number is the lock file's. Whoever opens the database and finds a mark
// beside its own byte is refused. And before each write the names are held against the files.
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/file.h"
#include "base/result.h"

namespace authd::store {

class OpenFiles {
 public:
  // Opens both files, the data file is made if there is none, and marks it. lock.mdb is there. No
  // symbolic link is followed. Errors: `conflict` when a process works here with another lock file;
  // `unavailable`.
  static Result<OpenFiles> open(const std::string& directory);

  // Whether the names still stand for the files.
  bool are_in_place() const;
  // Whether the data file is the one of this descriptor.
  bool has_data(int fd) const;

 private:
  struct Identity {
    dev_t device = 0;
    ino_t number = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity identity_of(const struct stat& file) { return {file.st_dev, file.st_ino}; }

  std::string data_path_;
  std::string lock_path_;
  // Held, so that the numbers are not given to other files. The lock file's is one that can only be
  // looked at: closing any other would drop LMDB's locks on it.
  UniqueFd data_fd_;
  UniqueFd lock_fd_;
  Identity data_;
  Identity lock_;
};

// Error `conflict` when a process has the data file open together with another lock file than this
// one. `data_fd` is of an open of the data file for writing, `lock` the lock file.
Result<void> refuse_other_lock_file(int data_fd, const struct stat& lock,
                                    const std::string& directory);

}  // namespace authd::store
