// authd export
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "auth/upkeep/transfer/records/export.h"
#include "base/file.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

namespace transfer = auth::transfer;

struct ExportFlags {
  std::string format = "jsonl";
  std::string file;
};

Error cannot_write(const std::string& file) {
  return Error{ErrorCode::unavailable, "cannot write " + file + ": " + system_message(errno)};
}

Result<void> write_all(int fd, std::string_view text, const std::string& file) {
  while (!text.empty()) {
    const ssize_t done = write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return cannot_write(file);
    text.remove_prefix(static_cast<size_t>(done));
  }
  return {};
}

// Creates a file that only its owner can read, from the start.
Result<UniqueFd> create(const std::string& file) {
  UniqueFd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd) return fd;
  if (errno == EEXIST) {
    return Error{ErrorCode::conflict, file + " already exists; remove it or choose another file"};
  }
  return cannot_write(file);
}

Result<transfer::ExportReport> write_file(const auth::Services& s, int fd, const std::string& name,
                                          bool is_file) {
  const transfer::ExportReport report = TRY(transfer::export_everything(
      s, operator_origin(), [&](std::string_view text) { return write_all(fd, text, name); }));
  if (is_file && fsync(fd) != 0) return cannot_write(name);
  return report;
}

void warn(const transfer::ExportReport& report) {
  std::fprintf(
      stderr,
      "The export contains password hashes and %llu TOTP secrets in plain text: keep it where "
      "only you can read it, and delete it after use.\n",
      static_cast<unsigned long long>(report.totp_secrets));
  if (report.without_recovery > 0) {
    std::fprintf(stderr,
                 "The recovery codes of %llu users are not in it, since they are never exported: "
                 "ask these users to create new ones.\n",
                 static_cast<unsigned long long>(report.without_recovery));
  }
  if (report.passkeys > 0) {
    std::fprintf(stderr,
                 "Its %llu passkeys and security keys work only where passkeys.rp_id is the same: "
                 "an import elsewhere leaves them out.\n",
                 static_cast<unsigned long long>(report.passkeys));
  }
}

Result<void> run_export(Command& command, const ExportFlags& flags) {
  const bool is_file = !flags.file.empty() && flags.file != "-";
  const auth::Services* s = TRY(command.services());
  UniqueFd fd;
  if (is_file) fd = TRY(create(flags.file));
  const auto report = write_file(*s, is_file ? fd.get() : STDOUT_FILENO,
                                 is_file ? flags.file : "standard output", is_file);
  if (!report) {
    if (is_file) unlink(flags.file.c_str());  // A partial export looks complete.
    return Error(report.error());
  }
  warn(*report);
  if (!is_file) return {};
  const std::string text = "exported " + counted(report->users, "user") + ", " +
                           counted(report->roles, "role") + " and " +
                           counted(report->clients, "client") + " to " + printable(flags.file);
  command.print(text, [&](JsonWriter& json) {
    json.begin_object()
        .field("file", flags.file)
        .field("users", report->users)
        .field("roles", report->roles)
        .field("clients", report->clients)
        .field("totp_secrets", report->totp_secrets)
        .field("without_recovery_codes", report->without_recovery)
        .field("passkeys", report->passkeys)
        .end_object();
  });
  return {};
}

}  // namespace

void add_export(const Subcommand& app, Command& command) {
  const Subcommand sub =
      app.add_subcommand("export", "Write all users, roles and clients to a file");
  const auto flags = std::make_shared<ExportFlags>();
  set_action(sub, command, flags, &run_export);
  sub.add_option("--format", flags->format, "The format of the file")
      .check(one_of({"jsonl"}))
      .capture_default_str();
  sub.add_option("-o,--output", flags->file, "A new file, mode 0600; without it standard output")
      .type_name("FILE");
}

}  // namespace authd::cli
