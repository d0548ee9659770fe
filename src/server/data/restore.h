// Restoring. The backup becomes a new database in a scratch directory and is checked there. Only
// then does one rename replace the old database, which is kept aside with its master key. A restore
// that fails changes nothing. A restore that is interrupted at any moment leaves either the old or
// the new data, complete, with the key that opens it. The next start of the server removes the
// rest.
#pragma once

#include "auth/core/services.h"
#include "server/data/backup_stream.h"

namespace authd::server {

struct RestorePlan {
  std::string file;  // "-": standard input
  AskSecret ask;
  bool replaces = false;          // an existing database
  bool ends_sessions = false;     // everybody is logged out
  bool accepts_findings = false;  // of the check
  // Restores the data unchanged, neither upgraded nor checked: the way back to an older authd.
  bool as_it_is = false;
  std::string aside_prefix = "before-restore";
};

struct RestoreReport {
  uint64_t records = 0;
  Time created_at;               // of the backup
  std::string version;           // that created it
  std::string kept_aside;        // the directory of the old database; empty: there was none
  bool with_master_key = false;  // the backup had it, and it is in its file now
  // The file of a key from before a rotation. The backup needs this key, so it is back in the file
  // of the master keys. Empty: not needed.
  std::string former_key;
  // Why the file still has the keys of the old database beside the new one. This does no harm, and
  // the next start of the server removes them. Empty: they are gone.
  std::string unfinished;
  std::vector<std::string> findings;
};

// Errors: `conflict` if there is a database and `replaces` is false, or if a server or another
// process uses it; `invalid` if the backup is damaged or the check finds something; `unavailable`
// if the data is sealed with another master key.
Result<RestoreReport> restore(const config::Config& config, Log& log, const Clock& clock,
                              Random& random, const RestorePlan& plan, const auth::Origin& origin);

}  // namespace authd::server
