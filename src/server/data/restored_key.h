// The master key during a restore. At every moment the file of the keys opens the database that is
// in place:
//
//   1. the key of the backup is added below the keys that are in the file
//   2. the databases are exchanged
//   3. the keys of the old database leave the file
//
// A restore that fails removes the key of the backup again. A restore that is killed leaves a file
// beside the database that lists the keys that may be removed. The next start of the server removes
// those that seal nothing (finish_restored_keys, server/data/master_key.h).
#pragma once

#include <string>

#include "config/config.h"
#include "crypto/master_keys.h"
#include "server/data/backup_stream.h"

namespace authd::server {

// The steps, decided before anything changes.
class RestoredKey {
 public:
  // `scratch` is a directory for files of the restore. Errors: `unavailable` if the key of the
  // backup cannot be found; `conflict` if the file has other keys and `replaces` is false, if we
  // may not write it, or if it has too many keys.
  static Result<RestoredKey> plan(const config::Config& config, const Loaded& loaded, bool replaces,
                                  const std::string& scratch);

  RestoredKey(RestoredKey&&) = default;
  ~RestoredKey();

  // The file with the keys of the backup, for the check.
  const std::string& file_of_backup() const { return of_backup_; }
  // The keys of the old database, to be kept aside with it. Empty: there are none, or the file is
  // provided from outside and never changed here.
  std::string_view keys_before() const { return before_; }
  bool replaces_keys() const { return !during_.empty() && during_ != after_; }
  bool is_from_backup() const { return !during_.empty() && former_.empty(); }
  // The file of the former key that is back in the file of the master keys; empty: not needed.
  const std::string& former() const { return former_; }

  // Steps 1 and 3. If step 1 fails, undo() is still needed.
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
  std::string earlier_;  // what an earlier, interrupted restore left in the marker
  std::string spent_;    // ids of keys to remove from the file once they seal nothing
  std::string before_;
  std::string original_;  // the bytes of the file; empty: there is none
  std::string during_;    // empty: the file stays as it is
  std::string after_;
};

}  // namespace authd::server
