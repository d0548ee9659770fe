// Backups as a stream: written from a store, and read into a new database. Nothing here looks at
// the data (backup.h tries what was written, restore.h puts it in place).
#pragma once

#include <functional>
#include <string>

#include "auth/upkeep/backup/file.h"
#include "base/stop.h"
#include "crypto/sealed_stream.h"
#include "server/data/temporary_file.h"
#include "store/engine.h"

namespace authd::server {

// The header of a backup that this binary makes of the store, without the master key.
Result<auth::backup::BackupInfo> backup_info(store::Store& store, Time now);

// Writes a backup without encrypting or testing it; replaces the file. Returns the number of
// records.
Result<uint64_t> write_plain_backup(store::Store& store, const auth::backup::BackupInfo& info,
                                    Random& random, const std::string& name,
                                    const Stopping& stopping = {});

// Restores the backup from `source` into a database. `ask` supplies what opens it. `keeps`, if
// there is one, decides by a record's key whether to keep it. Errors: those of the stream.
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

// Writes a backup of the store into the file and syncs it. Returns the number of records.
Result<uint64_t> write_backup_to(const TemporaryFile& file, store::Store& store,
                                 const auth::backup::BackupInfo& info,
                                 const crypto::StreamSecret& secret, Random& random,
                                 const Stopping& stopping);

}  // namespace authd::server
