// Backups: made beside a running server, and tried before they get their name. A backup is one file
// (auth/backup/file.h), as of one moment; every write that was acknowledged before it began is in
// it. Trying it means to make a database of it, in a scratch directory inside the data directory,
// to bring that to the current schema and to check all that `authd db check` checks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/backup/file.h"
#include "auth/services.h"
#include "base/stop.h"
#include "crypto/sealed_stream.h"
#include "store/engine.h"

namespace authd::server {

struct BackupPlan {
  std::string file;  // "-": standard output, once it is tried
  crypto::StreamSecret secret;
  bool with_master_key = false;  // only with a secret
  bool replaces = false;         // a file that is there
};

struct BackupReport {
  uint64_t records = 0;
  uint64_t bytes = 0;
  std::string master_key_id;  // of the key that seals; it may need those before it too
  // What the check found in the data. The backup is there nevertheless, and as good as the data.
  std::vector<std::string> findings;
};

// Writes to a temporary name beside the file, mode 0600, and renames it when it is synced and
// tried. Errors: `usage` (the master key without encryption), `conflict` when the file is there,
// `unavailable` (disk full), `invalid` when what was written is not what is read.
Result<BackupReport> make_backup(const auth::Services& s, const BackupPlan& plan,
                                 const auth::Origin& origin, const Stopping& stopping = {});

// The job: one into backup.directory, named after the time, then backup.keep of them stay. One that
// is given up leaves nothing behind.
Result<BackupReport> make_scheduled_backup(const auth::Services& s, Time now,
                                           const Stopping& stopping = {});

// What jobs that were killed left in backup.directory.
void remove_unfinished_backups(const config::Config& config);

// What stands at the head of a backup of the store made by this binary, without the master key.
Result<auth::backup::BackupInfo> backup_info(store::Store& store, Time now);

// A backup that is not encrypted and not tried; replaces the file. Returns the number of records.
Result<uint64_t> write_plain_backup(store::Store& store, const auth::backup::BackupInfo& info,
                                    Random& random, const std::string& name,
                                    const Stopping& stopping = {});

// Makes a database of the backup that `source` gives. `ask` is called with what opens it; `keeps`,
// if there is one, tells by its key whether a record is wanted. Errors: as of the stream.
struct Loaded {
  auth::backup::BackupInfo info;
  uint64_t records = 0;  // in the backup
};
using AskSecret = std::function<Result<crypto::StreamSecret>(crypto::StreamLock)>;
using KeepsRecord = std::function<bool(std::string_view key)>;
Result<Loaded> load_backup(crypto::StreamOpener::Source source, const AskSecret& ask,
                           const KeepsRecord& keeps, const store::Options& options);

// A source that reads a descriptor to its end; `name` is for errors.
crypto::StreamOpener::Source source_of(int fd, std::string name);

}  // namespace authd::server
