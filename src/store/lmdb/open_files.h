// The two files of a database that a process has open, identified by device and inode rather than
// by name. Somebody may remove lock.mdb (it looks like a left-over) or put other files into the
// directory while processes use it. Two processes with two lock files would both write and damage
// the database for good; one whose data file is gone from the directory would write to nowhere.
//
// So every process marks the data file with the lock file that it uses, by a shared kernel lock on
// the byte at the offset of that lock file's inode number. A process that opens the database and
// finds a mark other than its own is refused. Before each write, the names are compared with the
// open files.
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/file.h"
#include "base/result.h"

namespace authd::store {

class OpenFiles {
 public:
  // Opens both files and marks the data file, which is created if missing; lock.mdb must exist. No
  // symbolic link is followed. Errors: `conflict` when a process works here with another lock file;
  // `unavailable`.
  static Result<OpenFiles> open(const std::string& directory);

  // Whether the names still refer to the open files.
  bool are_in_place() const;
  // Whether this descriptor refers to the data file.
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
  // Kept open, so that no other file gets these numbers. The lock file is open with O_PATH only:
  // closing any other descriptor would drop LMDB's locks on it.
  UniqueFd data_fd_;
  UniqueFd lock_fd_;
  Identity data_;
  Identity lock_;
};

// Error: `conflict` when a process has the data file open together with another lock file than this
// one. `data_fd` is the data file opened for writing, `lock` the lock file.
Result<void> refuse_other_lock_file(int data_fd, const struct stat& lock,
                                    const std::string& directory);

}  // namespace authd::store
