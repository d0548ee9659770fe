// authd events: the audit log as it goes on
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "auth/core/audit/audit_follow.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/data/audit_lines.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

constexpr Milliseconds kPace{200};
constexpr size_t kPage = 500;
constexpr size_t kMaxPlace = 64 * 1024;

struct Options {
  bool follows = false;
  std::string place_file;
};

// The file has the place behind what was passed on; without one, everything is new.
Result<auth::AuditPlace> begin_of(const auth::Services& s, const Options& options) {
  if (options.place_file.empty()) {
    return options.follows ? auth::end_of_audit(s) : Result<auth::AuditPlace>(auth::AuditPlace{});
  }
  std::error_code unknown;
  if (!std::filesystem::exists(options.place_file, unknown)) return auth::AuditPlace{};
  const std::string text = TRY(read_file(options.place_file, kMaxPlace));
  Result<auth::AuditPlace> place = auth::parse_audit_place(trimmed(text, " \t\r\n"), "place");
  if (place) return place;
  return Error{ErrorCode::usage, options.place_file + " is no file of authd events --place"};
}

Result<void> pass_on(const Command& command, const std::vector<tables::AuditEntry>& entries) {
  std::string text;
  for (const tables::AuditEntry& entry : entries) {
    if (command.is_json()) {
      JsonWriter json;
      api::write_audit_entry(json, entry);
      text += json.text() + "\n";
    } else {
      // What strangers have chosen must not reach the terminal as it is.
      text += joined(audit_cells(entry), "\t", &printable) + "\n";
    }
  }
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return {};
  return Error{ErrorCode::unavailable, "nobody reads the events any more"};
}

Result<void> show_events(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  auth::AuditPlace place = TRY(begin_of(*s, options));
  // Whoever reads may go: that is an error of writing, and the place stays.
  std::signal(SIGPIPE, SIG_IGN);
  for (;;) {
    const auth::FollowedAudit found = TRY(auth::follow_audit(*s, place, kPage));
    place = found.next;
    if (!found.entries.empty()) {
      TRY(pass_on(command, found.entries));
      if (!options.place_file.empty()) {
        TRY(write_file_atomic(options.place_file, auth::text_of_place(place) + "\n", 0600));
      }
      continue;
    }
    if (!options.follows) return {};
    std::this_thread::sleep_for(kPace);
  }
}

}  // namespace

void add_events(const Subcommand& app, Command& command) {
  const Subcommand events =
      app.add_subcommand("events", "The audit log as it goes on, the oldest entry first");
  const auto options = std::make_shared<Options>();
  set_action(events, command, options, &show_events);
  events.add_flag("--follow", options->follows, "Wait for further entries, for ever");
  events
      .add_option("--place", options->place_file,
                  "A file that keeps the place: begin behind what was passed on before")
      .type_name("FILE");
}

}  // namespace authd::cli
