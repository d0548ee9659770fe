// Testing an upgrade on a copy of the data, and undoing an upgrade. The upgrade itself happens when
// an instance is opened, after a snapshot (snapshot.h).
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "server/data/restore.h"
#include "tables/migrations.h"

namespace authd::server {

struct UpgradeReport {
  uint64_t from = 0;
  uint64_t to = 0;
  std::vector<std::string> findings;  // of the check of the upgraded copy
};
// Upgrades a copy of the data and checks the copy. The data does not change, and a server may run.
Result<UpgradeReport> try_upgrade(
    const config::Config& config, Log& log, const Clock& clock, Random& random,
    std::span<const tables::Migration> migrations = tables::released_migrations());

struct RollbackReport {
  std::string snapshot;
  RestoreReport restored;
};
// Replaces the data with the newest snapshot, and keeps the data aside. Errors: `not_found` if
// there is no snapshot, and those of restore().
Result<RollbackReport> roll_back(const config::Config& config, Log& log, const Clock& clock,
                                 Random& random);

}  // namespace authd::server
