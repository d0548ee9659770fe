// Restoring: a new database is made of the backup and checked in a scratch directory; only then, by
// one rename, it takes the place of the old one, which is kept aside. A restore that is cut off at
// any moment leaves the old data or the new, whole. (A master key that comes with the backup is put
// in its place just before: cut off between the two, the data is sealed by the key that was kept
// aside, which authd says, and the same restore again ends it.)
#pragma once

#include "server/backup.h"

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
  std::vector<std::string> findings;
};

// Errors: `conflict` when there is a database and `replaces` is false, a server runs, or another
// process works on it; `invalid` when the backup is damaged or the check finds something;
// `unavailable` when the master key is not the one that the data is sealed with.
Result<RestoreReport> restore(const config::Config& config, Log& log, const Clock& clock,
                              Random& random, const RestorePlan& plan, const auth::Origin& origin);

}  // namespace authd::server
