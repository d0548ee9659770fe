// Backups: created beside a running server, and tested before they get their final name. A backup
// is one file (auth/upkeep/backup/file.h) with the state of one moment. It contains every write
// that was acknowledged before the backup began. The test restores it into a scratch directory
// inside the data directory, migrates that database to the current schema, and checks everything
// that `authd db check` checks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/stop.h"
#include "crypto/sealed_stream.h"

namespace authd::server {

struct BackupPlan {
  std::string file;  // "-": standard output, after the test
  crypto::StreamSecret secret;
  bool with_master_key = false;  // only with a secret
  bool replaces = false;         // an existing file
};

struct BackupReport {
  uint64_t records = 0;
  uint64_t bytes = 0;
  std::string master_key_id;  // of the key that seals; the backup may need earlier keys too
  // What the check found in the data. The backup is kept, and is as good as the data.
  std::vector<std::string> findings;
};

// Writes to a temporary name beside the file, mode 0600, and renames it after it is synced and
// tested. Errors: `usage` (the master key without encryption), `conflict` if the file exists,
// `unavailable` (disk full), `invalid` if the file reads differently from what was written.
Result<BackupReport> make_backup(const auth::Services& s, const BackupPlan& plan,
                                 const auth::Origin& origin, const Stopping& stopping = {});

// The job: writes a backup into backup.directory, named after the time, and keeps the newest
// backup.keep. A backup that is given up leaves nothing behind.
Result<BackupReport> make_scheduled_backup(const auth::Services& s, Time now,
                                           const Stopping& stopping = {});

// Removes what killed jobs left in backup.directory.
void remove_unfinished_backups(const config::Config& config);

}  // namespace authd::server
