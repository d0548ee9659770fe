// authd backup, authd restore
#include "server/data/backup.h"

#include <cstdio>

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "crypto/private_file.h"
#include "server/data/restore.h"

namespace authd::cli {
namespace {

struct SecretFlags {
  bool asks = false;  // --encrypt
  std::string passphrase_file;
  std::string key_file;
};

struct BackupFlags {
  std::string file;
  SecretFlags secret;
  bool with_master_key = false;
  bool force = false;
};

struct RestoreFlags {
  std::string file;
  SecretFlags secret;
  bool force = false;
  bool ends_sessions = false;
  bool accepts_findings = false;
};

constexpr size_t kMaxPassphraseFile = 4096;

// The first line of the file.
Result<crypto::StreamSecret> from_passphrase_file(const std::string& file) {
  std::string text = TRY(crypto::read_private_file(file, "passphrase file", kMaxPassphraseFile));
  Password first(text.substr(0, text.find_first_of("\r\n")));
  wipe(text);
  return crypto::passphrase_secret(first);
}

Result<crypto::StreamSecret> secret_of(const SecretFlags& flags) {
  if (!flags.key_file.empty()) return crypto::key_file_secret(flags.key_file);
  if (!flags.passphrase_file.empty()) return from_passphrase_file(flags.passphrase_file);
  if (!flags.asks) return crypto::StreamSecret{};
  return crypto::passphrase_secret(TRY(read_password("Passphrase of the backup", true)));
}

// The secret that the lock of the backup asks for.
Result<crypto::StreamSecret> answer(const RestoreFlags& flags, crypto::StreamLock lock) {
  switch (lock) {
    case crypto::StreamLock::none: return crypto::StreamSecret{};
    case crypto::StreamLock::key_file:
      if (!flags.secret.key_file.empty()) return crypto::key_file_secret(flags.secret.key_file);
      return Error{ErrorCode::usage,
                   "the backup is encrypted with a key; give the key with --key-file"};
    case crypto::StreamLock::passphrase: break;
  }
  if (!flags.secret.passphrase_file.empty()) {
    return from_passphrase_file(flags.secret.passphrase_file);
  }
  if (flags.file == "-") {
    return Error{
        ErrorCode::usage,
        "the backup is encrypted with a passphrase, and is read from standard input; give the "
        "passphrase in a file, with --passphrase-file"};
  }
  return crypto::passphrase_secret(TRY(read_password("Passphrase of the backup", false)));
}

void show_findings(const std::vector<std::string>& findings) {
  for (const std::string& finding : findings)
    std::fprintf(stderr, "%s\n", printable(finding).c_str());
}

Result<void> backup(Command& command, const BackupFlags& flags) {
  server::BackupPlan plan;
  plan.file = flags.file;
  plan.with_master_key = flags.with_master_key;
  plan.replaces = flags.force;
  plan.secret = TRY(from_arguments(secret_of(flags.secret)));
  const auth::Services* s = TRY(command.services());
  const server::BackupReport report = TRY(server::make_backup(*s, plan, operator_origin()));
  std::string text = "backup of " + counted(report.records, "record") + " (" +
                     std::to_string(report.bytes) + " bytes) in " + printable(flags.file) +
                     ", verified";
  if (!flags.with_master_key) {
    text += "\nIts secrets are sealed with the master key " + report.master_key_id +
            ", which is not in it: keep " + s->config.secrets.master_key_file +
            " apart, or nothing can be restored";
  }
  if (flags.file == "-") {
    std::fprintf(stderr, "%s\n", text.c_str());  // Standard output is the backup.
  } else {
    command.print(report.findings.empty() ? text : "", [&](JsonWriter& json) {
      json.begin_object()
          .field("file", flags.file)
          .field("records", report.records)
          .field("bytes", report.bytes)
          .field("encrypted", plan.secret.lock != crypto::StreamLock::none)
          .field("master_key_id", report.master_key_id)
          .field("with_master_key", flags.with_master_key)
          .field("findings", static_cast<uint64_t>(report.findings.size()))
          .end_object();
    });
  }
  show_findings(report.findings);
  if (report.findings.empty()) return {};
  return Error{ErrorCode::invalid, "the backup is written and can be read, but the data has " +
                                       counted(report.findings.size(), "finding") +
                                       "; see authd db check"};
}

void write_restored(JsonWriter& json, const server::RestoreReport& report) {
  json.begin_object().field("records", report.records);
  api::time_or_null(json, "created_at", report.created_at);
  json.field("version", report.version).field("with_master_key", report.with_master_key);
  api::text_or_null(json, "former_key", report.former_key);
  api::text_or_null(json, "kept_aside", report.kept_aside);
  api::text_or_null(json, "unfinished", report.unfinished);
  json.field("findings", static_cast<uint64_t>(report.findings.size())).end_object();
}

// `file` is the file of the master key.
std::string told(const server::RestoreReport& report, const std::string& file) {
  std::string text = "restored " + counted(report.records, "record") + " of " +
                     format_rfc3339(report.created_at) + " (authd " + printable(report.version) +
                     ")";
  if (report.with_master_key) {
    text += "\nThe master key of the backup is in " + file;
  }
  if (!report.former_key.empty()) {
    text += "\nIt is sealed with a former master key, which is now back in " + file +
            ", taken from " + report.former_key +
            "; authd key master rotate seals everything with a new one";
  }
  if (!report.kept_aside.empty()) {
    text += "\nThe previous database is in " + report.kept_aside +
            ", with its master key; delete it when you no longer need it";
  }
  if (!report.unfinished.empty()) {
    text += "\nThe previous master key is still in the file (" + report.unfinished +
            "); the next start of the server removes it";
  }
  return text;
}

Result<void> restore(Command& command, const RestoreFlags& flags) {
  const config::Loaded* loaded = TRY(command.loaded());
  std::fprintf(stderr, "data directory: %s\n", loaded->config.server.data_dir.c_str());
  server::RestorePlan plan;
  plan.file = flags.file;
  plan.ask = [&](crypto::StreamLock lock) { return answer(flags, lock); };
  plan.replaces = flags.force;
  plan.ends_sessions = flags.ends_sessions;
  plan.accepts_findings = flags.accepts_findings;
  const server::RestoreReport report = TRY(server::restore(
      loaded->config, command.log(), command.clock(), command.random(), plan, operator_origin()));
  show_findings(report.findings);
  command.print(told(report, loaded->config.secrets.master_key_file),
                [&](JsonWriter& json) { write_restored(json, report); });
  return {};
}

void add_secret_flags(const Subcommand& app, SecretFlags& flags) {
  const Option passphrase = app.add_option("--passphrase-file", flags.passphrase_file,
                                           "A file (0600) whose first line is the passphrase")
                                .type_name("FILE");
  app.add_option("--key-file", flags.key_file, "A file (0600) of at least 32 random bytes")
      .type_name("FILE")
      .excludes(passphrase);
}

}  // namespace

void add_backup(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand(
      "backup", "Write a backup of everything to one file, while the server runs or not");
  const auto flags = std::make_shared<BackupFlags>();
  set_action(sub, command, flags, &backup);
  sub.add_option("FILE", flags->file, "A new file, mode 0600; - is standard output").required();
  sub.add_flag("--encrypt", flags->secret.asks,
               "Encrypt it with a passphrase, asked for or the first line of standard input");
  add_secret_flags(sub, flags->secret);
  sub.add_flag("--with-master-key", flags->with_master_key,
               "Put the master key into it; only when it is encrypted");
  sub.add_flag("--force", flags->force, "Replace the file if it exists");
}

void add_restore(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand(
      "restore", "Restore the database from a backup; the server must not be running");
  const auto flags = std::make_shared<RestoreFlags>();
  set_action(sub, command, flags, &restore);
  sub.add_option("FILE", flags->file, "What authd backup wrote; - is standard input").required();
  add_secret_flags(sub, flags->secret);
  sub.add_flag("--force", flags->force, "Replace the existing database, which is kept aside");
  sub.add_flag("--end-sessions", flags->ends_sessions, "End all sessions");
  sub.add_flag("--accept-findings", flags->accepts_findings,
               "Restore it even if the check finds problems");
}

}  // namespace authd::cli
