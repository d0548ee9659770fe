// The master key while a restore puts another database in place. At every moment the file of the
// keys opens the database that is there:
//
//   1. the key of the backup is added below the keys that are in the file
//   2. the databases change places
//   3. the keys of the old database leave the file
//
// A restore that fails takes the key of the backup out again. One that is killed leaves a file
// beside the database that says which keys may go; the next start of the server sees which of them
// nothing is sealed with (finish_restored_keys, server/master_key.h).
#pragma once

#include <string>

#include "config/config.h"
#include "crypto/master_keys.h"
#include "server/backup_stream.h"

namespace authd::server {

// What has to be done, decided before anything is changed.
class RestoredKey {
 public:
  // `scratch` is a directory for files of the restore. Errors: `unavailable` when the key of the
  // backup is nowhere; `conflict` when the file has other keys and `replaces` is false, when it is
  // not ours to write, or when it holds too many.
  static Result<RestoredKey> plan(const config::Config& config, const Loaded& loaded, bool replaces,
                                  const std::string& scratch);

  RestoredKey(RestoredKey&&) = default;
  ~RestoredKey();

  // The file with the keys of the backup, for the check.
  const std::string& file_of_backup() const { return of_backup_; }
  // The keys that were there when the database was, to be kept aside with it; empty: there are
  // none, or the file is provided from outside, and nothing here changes it.
  std::string_view keys_before() const { return before_; }
  bool replaces_keys() const { return !during_.empty() && during_ != after_; }
  bool is_from_backup() const { return !during_.empty() && former_.empty(); }
  // File of the former key that is in the file again; empty: it was not needed.
  const std::string& former() const { return former_; }

  // Steps 1 and 3. When the first fails, undo() is needed all the same.
  Result<void> add();
  Result<void> undo();
  Result<void> finish();

 private:
  RestoredKey() = default;
  Result<void> write(const std::string& keys) const;
  Result<void> write_marker(const std::string& text) const;
  void drop_marker() const;

  std::string configured_;
  std::string marker_;
  std::string scratch_;
  std::string of_backup_;
  std::string former_;
  std::string earlier_;  // what a restore that was cut off before this one left in the marker
  std::string spent_;    // ids of keys that may leave the file when nothing is sealed with them
  std::string before_;
  std::string original_;  // the bytes of the file; empty: there is none
  std::string during_;    // empty: the file stays as it is
  std::string after_;
};

}  // namespace authd::server
