// Upgrades: when the tables are older than this binary writes them, they are migrated at the start,
// and just before that a snapshot of the data (a backup, not encrypted: its secrets are sealed) is
// put into the directory `snapshots` beside it, where the newest kSnapshots stay.
#pragma once

#include <string>
#include <vector>

#include "auth/services.h"
#include "server/instance.h"
#include "server/restore.h"

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

struct UpgradeReport {
  uint64_t from = 0;
  uint64_t to = 0;
  std::vector<std::string> findings;  // of the check of the upgraded copy
};
// Upgrades a copy of the data and checks that; the data stays as it is. A server may run.
Result<UpgradeReport> try_upgrade(
    const config::Config& config, Log& log, const Clock& clock, Random& random,
    std::span<const tables::Migration> migrations = tables::released_migrations());

struct RollbackReport {
  std::string snapshot;
  RestoreReport restored;
};
// Puts the newest snapshot in the place of the data, which is kept aside. Errors: `not_found`
// without a snapshot, and those of restore().
Result<RollbackReport> roll_back(const config::Config& config, Log& log, const Clock& clock,
                                 Random& random);

}  // namespace authd::server
