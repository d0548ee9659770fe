// The file of the master keys, and how one takes over from another while the server runs:
//
//   1. a new key stands first in the file, the old one below it    (or the operator wrote it there)
//   2. the running server says that it holds the new one           (a row that its job writes)
//   3. one transaction makes the new one the key that seals        (auth/upkeep/master_rotation.h)
//   4. everything that is sealed with another key is sealed anew
//   5. when nothing is left, the old key leaves the file and is kept beside it, for old backups
//
// Every state between two steps opens everything, and the next rotation goes on from it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "server/job.h"

namespace authd::server {

struct MasterKeyUse {
  std::string id;
  uint64_t values = 0;  // that it seals
  bool is_held = false;
  bool seals = false;
};
// The keys of the file, in its order, and then those that the file lacks.
Result<std::vector<MasterKeyUse>> master_key_uses(const auth::Services& s);

struct MasterRotation {
  std::string key;                   // that seals now
  uint64_t rows = 0;                 // that were sealed anew
  std::vector<std::string> dropped;  // keys that left the file
  std::vector<std::string> kept_as;  // files that hold them
  // Keys that nothing needs any more, in a file that whoever wrote it has to change.
  std::vector<std::string> removable;
};
// Called between any two steps, with what comes next and the rows sealed anew so far.
using RotationStep = std::function<void(std::string_view next, uint64_t rows)>;

// How long step 2 waits for a running server.
inline constexpr Milliseconds kServerTakesKey = std::chrono::seconds(30);

// Rotates, or ends a rotation that was broken off. Errors: `conflict` when another one runs, when
// the running server does not hold the new key, or when the file is not ours to write and has no
// new key; `invalid` when values do not open and so cannot be sealed anew; `unavailable`.
Result<MasterRotation> rotate_master_key(const auth::Services& s, const auth::Origin& origin,
                                         const RotationStep& step);

// Removes what a process that was killed left beside the key file, with keys in it: before the
// server has the store, and unless a rotation is running.
void remove_unfinished_keys(const config::Config& config);

// Replaces the file of the master keys by these, durably. It keeps owner and mode if it is there,
// and what a link leads to is replaced, not the link. Errors: `unavailable`.
Result<void> write_key_file(const std::string& file, std::string_view keys);

// Ends what a restore that was killed left (server/restored_key.h): of the keys that it named,
// those that nothing is sealed with leave the file. Before the server serves.
void finish_restored_keys(const auth::Services& s);

// A background job: reads the file again and writes down which keys this server holds; wipes from
// memory those that left the file and that nothing is sealed with.
Result<Progress> watch_master_key(const auth::Services& s, Time now);

// The name, in the data directory, of the file that says which keys may leave the file of the
// master keys after a restore that was cut off: their ids in a line.
inline constexpr const char* kRestoredKeysMarker = "/restore.unfinished";

}  // namespace authd::server
