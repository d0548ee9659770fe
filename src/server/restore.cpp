#include "server/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "auth/audit.h"
#include "auth/check.h"
#include "base/file.h"
#include "crypto/private_file.h"
#include "server/instance.h"
#include "server/scratch.h"
#include "store/directory.h"
#include "store/lmdb/replace.h"
#include "tables/schema.h"

namespace authd::server {
namespace {

Error failed(const char* action, const std::string& path) {
  return Error{ErrorCode::unavailable,
               std::string("cannot ") + action + " " + path + ": " + system_message(errno)};
}

// Sessions, and what finds them by their user; their expiry entries go with the next sweep.
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
      plan.ask, keeps, {directory, config.store.max_size});
}

// What has to be done about the master key, decided before anything is changed.
struct KeyPlan {
  std::string file;          // the key for the check: the backup's own, or the configured one
  std::string line = {};     // goes into the configured file; empty: that has the right key
  bool has_another = false;  // which is there, and holds another key, to be kept aside
  std::string former = {};   // file of a former key, which is put into the file beside the present
};

// The key from before a rotation, which that left beside the file (server/master_key.h).
Result<std::optional<KeyPlan>> take_former_key(const std::string& configured,
                                               const crypto::MasterKeys& there,
                                               const std::string& needed,
                                               const std::string& scratch) {
  KeyPlan plan;
  plan.former = configured + "." + needed;
  const Result<crypto::MasterKeys> former = crypto::MasterKeys::load(plan.former);
  if (!former || !former->holds(needed)) return std::optional<KeyPlan>();
  plan.line = std::string(there.text().reveal()) + std::string(former->text().reveal());
  plan.file = scratch + "/master.key";
  TRY(write_file_atomic(plan.file, plan.line, 0600));
  return std::optional<KeyPlan>(std::move(plan));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

Result<KeyPlan> plan_key(const config::Config& config, const Loaded& loaded, bool replaces,
                         const std::string& scratch) {
  const std::string& configured = config.secrets.master_key_file;
  const Result<crypto::MasterKeys> there = crypto::MasterKeys::load(configured);
  if (!there && there.error().code != ErrorCode::not_found) return there.error();
  const std::string& needed = loaded.info.master_key_id;
  if (there && there->holds(needed)) return KeyPlan{configured};
  if (there && loaded.info.master_key.empty()) {
    if (auto plan = TRY(take_former_key(configured, *there, needed, scratch)))
      return std::move(*plan);
  }
  const std::string state =
      there ? configured + " holds " + joined(there->ids()) : configured + " is not there";
  if (loaded.info.master_key.empty()) {
    return Error{ErrorCode::unavailable,
                 "the backup is sealed with the master key " + needed +
                     ", which is not in it, and " + state +
                     ": put the right master.key there, or name it in secrets.master_key_file"};
  }
  if (there && !replaces) {
    return Error{ErrorCode::conflict, state + ", another master key than the backup (" + needed +
                                          "); --force replaces it (the old one is kept aside)"};
  }
  const std::string own = scratch + "/master.key";
  TRY(write_file_atomic(own, loaded.info.master_key, 0600));
  return KeyPlan{own, loaded.info.master_key, there.has_value()};
}

Result<std::vector<std::string>> check(const config::Config& config, Log& log, const Clock& clock,
                                       Random& random, const std::string& directory,
                                       const std::string& key_file, const RestorePlan& plan,
                                       const auth::Origin& origin) {
  config::Config tried = config;
  tried.server.data_dir = directory;
  tried.secrets.master_key_file = key_file;
  const std::unique_ptr<Instance> instance =
      TRY(Instance::open(tried, log, clock, random, Making::refused));
  auth::CheckReport report = TRY(auth::check_store(instance->services()));
  TRY(auth::audit_alone(instance->services(), origin, {"restore", UserId{}, "ok", plan.file}));
  return std::move(report.findings);
}

Result<void> put_key(const config::Config& config, const KeyPlan& key, const std::string& aside) {
  const std::string& file = config.secrets.master_key_file;
  if (key.line.empty()) return {};
  if (!key.former.empty()) return crypto::write_private_file(file, file, key.line);
  if (key.has_another) {
    const std::string old_line = TRY(read_file(file, 4096));
    TRY(write_file_atomic(aside + "/master.key", old_line, 0600));
    store::adopt_owner(aside + "/master.key");
  }
  TRY(write_file_atomic(file, key.line, 0600));
  store::adopt_owner(file);
  return {};
}

// A directory "<prefix>-<time>" inside the data directory, for what is kept aside.
Result<std::string> make_aside(const std::string& data_dir, std::string_view prefix, Time now) {
  std::string path = data_dir + "/" + std::string(prefix) + "-";
  for (const char c : format_rfc3339(now)) {
    if (c != '-' && c != ':') path += c;
  }
  for (int i = 1; mkdir(path.c_str(), 0700) != 0; ++i) {
    if (errno != EEXIST || i > 9) return failed("make", path);
    path += "+";  // Two within one second.
  }
  store::adopt_directory(path);
  return path;
}

}  // namespace

Result<RestoreReport> restore(const config::Config& config, Log& log, const Clock& clock,
                              Random& random, const RestorePlan& plan, const auth::Origin& origin) {
  const std::string& data_dir = config.server.data_dir;
  TRY(store::prepare_directory(data_dir, log));
  const store::ServerLock lock = TRY(store::ServerLock::take(data_dir));
  const bool has_old = store::has_database(data_dir);
  if (has_old && !plan.replaces) {
    return Error{ErrorCode::conflict, "there is a database in " + data_dir +
                                          "; --force replaces it (the old one is kept aside)"};
  }
  const Scratch scratch = TRY(Scratch::make(data_dir));
  Loaded loaded = TRY(load(config, plan, scratch.path()));
  KeyPlan key = TRY(plan_key(config, loaded, plan.replaces, scratch.path()));
  RestoreReport report;
  if (!plan.as_it_is) {
    report.findings =
        TRY(check(config, log, clock, random, scratch.path(), key.file, plan, origin));
  }
  if (!report.findings.empty() && !plan.accepts_findings) {
    return Error{ErrorCode::invalid,
                 std::to_string(report.findings.size()) + " findings in the backup (" +
                     report.findings.front() +
                     "); use another backup, or give --accept-findings to restore it as it is"};
  }
  if (has_old || key.has_another) {
    report.kept_aside = TRY(make_aside(data_dir, plan.aside_prefix, clock.now()));
  }
  TRY(put_key(config, key, report.kept_aside));
  report.with_master_key = !key.line.empty() && key.former.empty();
  report.former_key = key.former;
  wipe(loaded.info.master_key);
  wipe(key.line);
  const std::string fresh = scratch.path() + "/data.mdb";
  store::adopt_owner(fresh);
  TRY(store::replace_lmdb(data_dir, fresh, has_old ? report.kept_aside + "/data.mdb" : ""));
  if (!report.kept_aside.empty()) TRY(sync_directory(report.kept_aside));
  report.records = loaded.records;
  report.created_at = loaded.info.created_at;
  report.version = loaded.info.version;
  return report;
}

}  // namespace authd::server
