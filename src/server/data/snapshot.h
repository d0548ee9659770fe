// Snapshots. If this binary writes a newer schema than the data has, the data is migrated at the
// start. Just before that, a snapshot (a backup, not encrypted because its secrets are sealed) is
// written to the directory `snapshots` beside the database. The newest kSnapshots are kept.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "config/config.h"
#include "server/data/opening.h"
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

// Takes the snapshot if there is something to upgrade. An interrupted upgrade that continues takes
// no second snapshot, because the way back leads to its beginning. Errors: `conflict` if a server
// of the older release runs (a command must not upgrade the data of a running server, nor any
// server that of another host); `unavailable` if the snapshot cannot be written, or the data is of
// a newer release.
Result<void> prepare_upgrade(const UpgradeContext& context);

// Removes unfinished snapshots of killed processes.
void remove_unfinished_snapshots(const config::Config& config);

// The directory of the snapshots, and the files in it, newest first.
std::string snapshots_of(const config::Config& config);
std::vector<std::string> list_snapshots(const std::string& directory);

}  // namespace authd::server
