#include "server/data/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "auth/core/audit/audit.h"
#include "auth/upkeep/check.h"
#include "base/file.h"
#include "server/data/instance.h"
#include "server/data/kept_aside.h"
#include "server/data/restored_key.h"
#include "server/data/scratch.h"
#include "server/data/store_options.h"
#include "store/directory.h"
#include "store/engine.h"
#include "tables/schema.h"

namespace authd::server {
namespace {

Error failed(const char* action, const std::string& path) {
  return Error{ErrorCode::unavailable,
               std::string("cannot ") + action + " " + path + ": " + system_message(errno)};
}

// Sessions, and the index that finds them by user. The next sweep removes their expiry entries.
bool is_of_session(std::string_view key) {
  return key[0] == tables::sessions.prefix() || key[0] == tables::user_sessions.prefix() ||
         (key[0] == tables::expiries.prefix() && key.size() > 9 &&
          key[9] == tables::sessions.prefix());
}

Result<Loaded> load(const config::Config& config, const RestorePlan& plan,
                    const std::string& directory) {
  const bool is_input = plan.file == "-";
  UniqueFd fd;
  if (!is_input) {
    fd.reset(open(plan.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd && errno == ENOENT) {
      return Error{ErrorCode::not_found, "there is no file " + plan.file};
    }
    if (!fd) return failed("read", plan.file);
  }
  KeepsRecord keeps;
  if (plan.ends_sessions) keeps = [](std::string_view key) { return !is_of_session(key); };
  return load_backup(
      source_of(is_input ? STDIN_FILENO : fd.get(), is_input ? "standard input" : plan.file),
      plan.ask, keeps, copy_options(config, directory));
}

Result<std::vector<std::string>> check(const config::Config& config, Log& log, const Clock& clock,
                                       Random& random, const std::string& directory,
                                       const std::string& key_file, const RestorePlan& plan,
                                       const auth::Origin& origin) {
  config::Config tried = config_of_copy(config, directory);
  tried.secrets.master_key_file = key_file;
  const std::unique_ptr<Instance> instance =
      TRY(Instance::open(tried, log, clock, random, Making::refused));
  auth::CheckReport report = TRY(auth::check_store(instance->services()));
  TRY(auth::audit_alone(instance->services(), origin, {"restore", std::nullopt, "ok", plan.file}));
  return std::move(report.findings);
}

// The number of a file; 0 if there is none.
ino_t number_of(const std::string& path) {
  struct stat found;
  return stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

// Puts the database, its key and the old database into their places, or changes nothing.
Result<void> put_in_place(const config::Config& config, const RestorePlan& plan, Time now,
                          const Scratch& scratch, RestoredKey& key, RestoreReport& report) {
  const std::string& data_dir = config.server.data_dir;
  const std::string fresh = store::files_of(scratch.path()).data;
  store::adopt_owner(fresh);
  const ino_t number = number_of(fresh);
  KeptAside aside;
  if (store::has_database(data_dir) || key.replaces_keys()) {
    aside =
        TRY(KeptAside::make(data_dir, scratch.path(), plan.aside_prefix, key.keys_before(), now));
  }
  Result<void> done = key.add();
  if (done) done = store::replace(data_dir, fresh, aside.database());
  if (!done) {
    Error error = done.error();
    // Two faults in a row: the old database could not be put back. Every key stays, and so does the
    // directory that was kept aside.
    if (number_of(store::files_of(data_dir).data) == number) return error;
    aside.undo();
    const Result<void> undone = key.undo();
    error.message += undone ? "; nothing was changed"
                            : "; the database was not changed, but " + undone.error().message +
                                  ": the key of the backup is in it too, which does no harm";
    return error;
  }
  report.kept_aside = aside.path();
  if (const Result<void> finished = key.finish(); !finished) {
    report.unfinished = finished.error().message;
  }
  return {};
}

}  // namespace

Result<RestoreReport> restore(const config::Config& config, Log& log, const Clock& clock,
                              Random& random, const RestorePlan& plan, const auth::Origin& origin) {
  TRY(require_own_file(config, way_of_restoring()));
  const std::string& data_dir = config.server.data_dir;
  TRY(store::prepare_directory(data_dir, log));
  const store::ServerLock lock = TRY(store::ServerLock::take(data_dir));
  const bool has_old = store::has_database(data_dir);
  if (has_old && !plan.replaces) {
    return Error{ErrorCode::conflict, "there is a database in " + data_dir +
                                          "; --force replaces it (the old one is kept aside)"};
  }
  remove_unfinished_asides(data_dir);
  const Scratch scratch = TRY(Scratch::make(data_dir));
  Loaded loaded = TRY(load(config, plan, scratch.path()));
  RestoredKey key = TRY(RestoredKey::plan(config, loaded, plan.replaces, scratch.path()));
  wipe(loaded.info.master_key);
  RestoreReport report;
  if (!plan.as_it_is) {
    report.findings =
        TRY(check(config, log, clock, random, scratch.path(), key.file_of_backup(), plan, origin));
  }
  if (!report.findings.empty() && !plan.accepts_findings) {
    return Error{ErrorCode::invalid,
                 std::to_string(report.findings.size()) + " findings in the backup (" +
                     report.findings.front() +
                     "); use another backup, or give --accept-findings to restore it as it is"};
  }
  TRY(put_in_place(config, plan, clock.now(), scratch, key, report));
  report.with_master_key = key.is_from_backup();
  report.former_key = key.former();
  report.records = loaded.records;
  report.created_at = loaded.info.created_at;
  report.version = loaded.info.version;
  return report;
}

}  // namespace authd::server
