// Snapshots: when the tables are older than this binary writes them, they are migrated at the
// start, and just before that a snapshot of the data (a backup, not encrypted: its secrets are
// sealed) is put into the directory `snapshots` beside it, where the newest kSnapshots stay.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "config/config.h"
#include "server/opening.h"
#include "store/store.h"

namespace authd::server {

inline constexpr size_t kSnapshots = 3;

struct UpgradeContext {
  const config::Config& config;
  store::Store& store;
  Log& log;
  const Clock& clock;
  Random& random;
  const Opening& opening;
};

// Takes the snapshot if there is something to upgrade; not again when an upgrade goes on that was
// broken off, since the way back leads to where that began. Errors: `conflict` when a server of the
// older release runs (a command does not upgrade its data under it); `unavailable` when the
// snapshot cannot be written, or the data is of a newer release.
Result<void> prepare_upgrade(const UpgradeContext& context);

// What processes that were killed left of snapshots.
void remove_unfinished_snapshots(const config::Config& config);

// The directory of the snapshots, and their files in it, newest first.
std::string snapshots_of(const config::Config& config);
std::vector<std::string> list_snapshots(const std::string& directory);

}  // namespace authd::server
