// Restoring: a new database is made of the backup and checked in a scratch directory; only then, by
// one rename, it takes the place of the old one, which is kept aside with its master key. A restore
// that fails leaves all as it was. One that is cut off at any moment leaves the old data or the
// new, whole, with the key that opens it; the next start of the server removes what else is left.
#pragma once

#include "auth/core/services.h"
#include "server/backup_stream.h"

namespace authd::server {

struct RestorePlan {
  std::string file;  // "-": standard input
  AskSecret ask;
  bool replaces = false;          // a database that is there
  bool ends_sessions = false;     // nobody stays logged in
  bool accepts_findings = false;  // of the check
  // The data as it was, neither upgraded nor checked: to go back to an older authd.
  bool as_it_is = false;
  std::string aside_prefix = "before-restore";
};

struct RestoreReport {
  uint64_t records = 0;
  Time created_at;               // of the backup
  std::string version;           // that made it
  std::string kept_aside;        // the directory of what was there; empty: nothing was
  bool with_master_key = false;  // the backup had it, and it is in its file now
  // The file of the key from before a rotation that the backup needs, and that is in the file of
  // the master key again; empty: it was not needed.
  std::string former_key;
  // Why the keys of the old database are still in the file beside the new one, which harms nothing;
  // the next start of the server takes them out. Empty: they are not.
  std::string unfinished;
  std::vector<std::string> findings;
};

// Errors: `conflict` when there is a database and `replaces` is false, a server runs, or another
// process works on it; `invalid` when the backup is damaged or the check finds something;
// `unavailable` when the master key is not the one that the data is sealed with.
Result<RestoreReport> restore(const config::Config& config, Log& log, const Clock& clock,
                              Random& random, const RestorePlan& plan, const auth::Origin& origin);

}  // namespace authd::server
