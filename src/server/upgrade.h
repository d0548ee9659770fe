// Upgrades: tried on a copy of the data, and taken back. They happen when an instance is opened,
// after a snapshot (snapshot.h).
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "server/restore.h"
#include "tables/migrations.h"

namespace authd::server {

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
