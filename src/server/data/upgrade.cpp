#include "server/data/upgrade.h"

#include <fcntl.h>
#include <unistd.h>

#include "auth/upkeep/check.h"
#include "base/file.h"
#include "server/data/backup_stream.h"
#include "server/data/instance.h"
#include "server/data/scratch.h"
#include "server/data/snapshot.h"
#include "server/data/store_options.h"
#include "store/directory.h"
#include "store/engine.h"
#include "tables/migrations.h"

namespace authd::server {
namespace {

Error no_database(const std::string& directory) {
  return Error{ErrorCode::not_found, "there is no database in " + directory +
                                         ": name the server's directory with --data-dir"};
}

}  // namespace

Result<UpgradeReport> try_upgrade(const config::Config& config, Log& log, const Clock& clock,
                                  Random& random, std::span<const tables::Migration> migrations) {
  const std::string& directory = config.server.data_dir;
  if (!store::has_database(store_options(config))) return no_database(directory);
  TRY(store::prepare_directory(directory, log));
  const Scratch scratch = TRY(Scratch::make(directory));
  const std::string copy = scratch.path() + "/copy";
  UpgradeReport report;
  {
    const std::unique_ptr<store::Store> store = TRY(store::open(store_options(config), log));
    report.from = TRY(tables::schema_version(*store));
    const auth::backup::BackupInfo info = TRY(backup_info(*store, clock.now()));
    TRY(write_plain_backup(*store, info, random, copy));
  }
  const UniqueFd fd(open(copy.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error{ErrorCode::unavailable, "cannot read " + copy};
  const auto ask = [](crypto::StreamLock) -> Result<crypto::StreamSecret> {
    return crypto::StreamSecret{};
  };
  TRY(load_backup(source_of(fd.get(), copy), ask, {}, copy_options(config, scratch.path())));
  const config::Config tried = config_of_copy(config, scratch.path());
  const std::unique_ptr<Instance> instance = TRY(Instance::open(
      tried, log, clock, random, {.making = Making::refused, .migrations = migrations}));
  report.to = TRY(tables::schema_version(instance->services().store));
  report.findings = TRY(auth::check_store(instance->services())).findings;
  return report;
}

Result<RollbackReport> roll_back(const config::Config& config, Log& log, const Clock& clock,
                                 Random& random) {
  TRY(require_own_file(config, way_of_restoring()));
  const std::vector<std::string> snapshots = list_snapshots(snapshots_of(config));
  if (snapshots.empty()) {
    return Error{ErrorCode::not_found,
                 "there is no snapshot in " + snapshots_of(config) +
                     ": no upgrade was made here; to go back to a backup, use authd restore"};
  }
  RestorePlan plan;
  plan.file = snapshots.front();
  plan.ask = [](crypto::StreamLock) -> Result<crypto::StreamSecret> {
    return crypto::StreamSecret{};
  };
  plan.replaces = true;
  plan.as_it_is = true;
  plan.aside_prefix = "before-rollback";
  RollbackReport report;
  report.snapshot = plan.file;
  report.restored = TRY(restore(config, log, clock, random, plan, auth::Origin{}));
  return report;
}

}  // namespace authd::server
