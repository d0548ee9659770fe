#include "server/data/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "auth/core/audit/audit.h"
#include "auth/upkeep/check.h"
#include "base/file.h"
#include "server/data/backup_stream.h"
#include "server/data/instance.h"
#include "server/data/scratch.h"
#include "server/data/store_options.h"
#include "server/data/temporary_file.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheduledPrefix = "authd-";
constexpr std::string_view kScheduledSuffix = ".backup";

Error failed(const char* action, const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable,
               std::string("cannot ") + action + " " + path + ": " + system_message(error_number)};
}

crypto::StreamSecret copy_of(const crypto::StreamSecret& secret) {
  return {secret.lock, SecretKey(std::string(secret.bytes.reveal()))};
}

Result<uint64_t> write_plan(const TemporaryFile& file, const auth::Services& s,
                            const BackupPlan& plan, const Stopping& stopping) {
  auth::backup::BackupInfo info = TRY(backup_info(s.store, s.clock.now()));
  if (plan.with_master_key) info.master_key = s.master_key.text().reveal();
  const Result<uint64_t> records =
      write_backup_to(file, s.store, info, plan.secret, s.random, stopping);
  wipe(info.master_key);
  return records;
}

crypto::StreamOpener::Source stopped_by(const Stopping& stopping,
                                        crypto::StreamOpener::Source source) {
  return [&stopping, source = std::move(source)](char* data, size_t size) -> Result<size_t> {
    if (is_asked(stopping)) return given_up();
    return source(data, size);
  };
}

// Reads what was written, restores it into a database and checks that.
Result<std::vector<std::string>> try_out(const auth::Services& s, const BackupPlan& plan,
                                         const TemporaryFile& file, uint64_t records,
                                         const Stopping& stopping) {
  const UniqueFd fd(open(file.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return failed("read", file.path(), errno);
  const Scratch scratch = TRY(Scratch::make(s.config.server.data_dir));
  const Loaded loaded = TRY(load_backup(
      stopped_by(stopping, source_of(fd.get(), file.path())),
      [&](crypto::StreamLock) -> Result<crypto::StreamSecret> { return copy_of(plan.secret); }, {},
      copy_options(s.config, scratch.path())));
  if (loaded.records != records) {
    return Error{ErrorCode::invalid, "the backup has " + std::to_string(loaded.records) +
                                         " records when it is read, and had " +
                                         std::to_string(records) + " when it was written"};
  }
  const config::Config config = config_of_copy(s.config, scratch.path());
  const std::unique_ptr<Instance> instance =
      TRY(Instance::open(config, s.log, s.clock, s.random, Making::refused));
  return TRY(auth::check_store(instance->services(), stopping)).findings;
}

Result<void> copy_to_output(const TemporaryFile& file) {
  if (lseek(file.fd(), 0, SEEK_SET) != 0) return failed("read", file.path(), errno);
  const auto source = source_of(file.fd(), file.path());
  std::string buffer(crypto::StreamSealer::kPieceBytes, '\0');
  while (const size_t got = TRY(source(buffer.data(), buffer.size())))
    TRY(write_all(STDOUT_FILENO, std::string_view(buffer).substr(0, got), "standard output"));
  return {};
}

// "authd-20261121T121314Z.backup"; sorts by time.
std::string scheduled_name(Time now) {
  std::string name(kScheduledPrefix);
  for (const char c : format_rfc3339(now)) {
    if (c != '-' && c != ':') name += c;
  }
  return name + std::string(kScheduledSuffix);
}

bool is_scheduled_name(std::string_view name) {
  const std::string example = scheduled_name(Time{});
  return name.size() == example.size() &&
         std::equal(name.begin(), name.end(), example.begin(), [](char a, char b) {
           return b >= '0' && b <= '9' ? a >= '0' && a <= '9' : a == b;
         });
}

// Only files whose names have exactly the form of the job's names. If a name is later than `last`,
// which was just written, the clock was ahead: such files are removed first, because they would
// push out every new backup.
void prune(const std::string& directory, std::string_view last, uint64_t keep, Log& log) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (is_scheduled_name(name)) found.push_back(entry.path());
  }
  const auto rank = [&](const fs::path& path) {
    return std::pair(path.filename().string() <= last, path);
  };
  std::sort(found.begin(), found.end(),
            [&](const fs::path& a, const fs::path& b) { return rank(a) > rank(b); });
  for (size_t i = keep; i < found.size(); ++i) {
    if (fs::remove(found[i], ignored))
      log.info("old backup removed", {{"file", found[i].string()}});
  }
}

Result<BackupReport> begin_backup(const auth::Services& s, const BackupPlan& plan,
                                  const auth::Origin& origin, const Stopping& stopping) {
  if (plan.with_master_key && plan.secret.lock == crypto::StreamLock::none) {
    return Error{ErrorCode::usage,
                 "the master key is put only into an encrypted backup: add --encrypt, "
                 "--passphrase-file or --key-file"};
  }
  const bool is_output = plan.file == "-";
  if (!is_output && !plan.replaces && access(plan.file.c_str(), F_OK) == 0) {
    return TemporaryFile::there_already(plan.file);
  }
  std::optional<Scratch> scratch;
  if (is_output) scratch.emplace(TRY(Scratch::make(s.config.server.data_dir)));
  TemporaryFile file(is_output ? scratch->path() + "/backup" : plan.file);
  if (file.fd() < 0) return failed("write", plan.file, errno);
  // Before the backup begins, so that the audit log inside it has the entry.
  TRY(auth::audit_alone(s, origin,
                        {"backup", std::nullopt, "ok", is_output ? "standard output" : plan.file}));
  BackupReport report;
  report.records = TRY(write_plan(file, s, plan, stopping));
  report.findings = TRY(try_out(s, plan, file, report.records, stopping));
  report.master_key_id = s.master_key.sealing_id();
  struct stat written;
  if (fstat(file.fd(), &written) == 0) report.bytes = static_cast<uint64_t>(written.st_size);
  if (is_output) {
    TRY(copy_to_output(file));
  } else {
    TRY(file.keep_as(plan.file, plan.replaces));
  }
  return report;
}

}  // namespace

Result<BackupReport> make_backup(const auth::Services& s, const BackupPlan& plan,
                                 const auth::Origin& origin, const Stopping& stopping) {
  Result<BackupReport> report = begin_backup(s, plan, origin, stopping);
  const bool has_begun = report || (report.error().code != ErrorCode::usage &&
                                    report.error().code != ErrorCode::conflict);
  if (!has_begun) return report;
  // Not in the backup, but in the log of the data that was backed up.
  const Result<void> noted =
      auth::audit_alone(s, origin,
                        {"backup_ended", std::nullopt, report ? "ok" : "failed",
                         plan.file == "-" ? "standard output" : plan.file});
  if (!noted)
    s.log.error("the end of a backup is not in the audit log", {{"cause", noted.error().message}});
  return report;
}

Result<BackupReport> make_scheduled_backup(const auth::Services& s, Time now,
                                           const Stopping& stopping) {
  const config::Backups& settings = s.config.backup;
  struct stat found;
  if (stat(settings.directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return Error{ErrorCode::unavailable,
                 "there is no directory " + settings.directory +
                     ": create it, or name another one in backup.directory"};
  }
  BackupPlan plan;
  plan.file = settings.directory + "/" + scheduled_name(now);
  if (!settings.key_file.empty()) plan.secret = TRY(crypto::key_file_secret(settings.key_file));
  auth::Origin origin;
  origin.operator_name = "job:backup";
  BackupReport report = TRY(make_backup(s, plan, origin, stopping));
  prune(settings.directory, scheduled_name(now), settings.keep, s.log);
  s.log.info("backup made", {{"file", plan.file},
                             {"records", report.records},
                             {"bytes", report.bytes},
                             {"findings", static_cast<uint64_t>(report.findings.size())}});
  return report;
}

void remove_unfinished_backups(const config::Config& config) {
  if (!config.backup.directory.empty()) {
    remove_unfinished(config.backup.directory, &is_scheduled_name);
  }
}

}  // namespace authd::server
