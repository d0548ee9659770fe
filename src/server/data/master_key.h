// The file of the master keys, and how a new key replaces an old one while the server runs:
//
//   1. a new key stands first in the file, the old one below it    (or the operator wrote it there)
//   2. the running server says that it has the new one             (a row that its job writes)
//   3. in one transaction the new one becomes the key that seals   (auth/upkeep/master_rotation.h)
//   4. everything that is sealed with another key is sealed again
//   5. once nothing is left, the old key moves to a file of its own, for old backups
//
// In every state between two steps, all data can be opened. The next rotation continues from there.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "server/data/job.h"

namespace authd::server {

struct MasterKeyUse {
  std::string id;
  uint64_t values = 0;  // sealed with it
  bool is_held = false;
  bool seals = false;
};
// The keys of the file, in their order, and then those that the file lacks.
Result<std::vector<MasterKeyUse>> master_key_uses(const auth::Services& s);

struct MasterRotation {
  std::string key;                   // the key that seals now
  uint64_t rows = 0;                 // sealed again
  std::vector<std::string> dropped;  // keys that left the file
  std::vector<std::string> kept_as;  // the files that have them now
  // Keys that nothing needs any more, in a file that we may not write: the operator must remove
  // them.
  std::vector<std::string> removable;
};
// Called between steps, with the next step and the number of rows sealed again so far.
using RotationStep = std::function<void(std::string_view next, uint64_t rows)>;

// How long step 2 waits for a running server.
inline constexpr Milliseconds kServerTakesKey = std::chrono::seconds(30);

// Rotates, or finishes an interrupted rotation. Errors: `conflict` if another rotation runs, if the
// running server does not have the new key, or if we may not write the file and it has no new key;
// `invalid` if values cannot be opened and so cannot be sealed again; `unavailable`.
Result<MasterRotation> rotate_master_key(const auth::Services& s, const auth::Origin& origin,
                                         const RotationStep& step);

// Removes files with keys that a killed process left beside the key file, unless a rotation is
// running. Call it before the server opens the store.
void remove_unfinished_keys(const config::Config& config);

// Writes these keys to the file of the master keys, durably. An existing file keeps its owner and
// mode. If it is a link, its target is replaced. Errors: `unavailable`.
Result<void> write_key_file(const std::string& file, std::string_view keys);

// Finishes a restore that was killed (server/data/restored_key.h): of the keys that it listed,
// those that seal nothing are removed from the file. Call it before the server serves.
void finish_restored_keys(const auth::Services& s);

// A background job: reads the file again, and records which keys this server has. It wipes keys
// from memory that are no longer in the file and seal nothing.
Result<Progress> watch_master_key(const auth::Services& s, Time now);

// The name of a file in the data directory. After an interrupted restore it lists, in one line, the
// ids of the keys that may be removed from the file of the master keys.
inline constexpr const char* kRestoredKeysMarker = "/restore.unfinished";

}  // namespace authd::server
