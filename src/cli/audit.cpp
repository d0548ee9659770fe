// authd audit list|verify
#include "auth/core/audit.h"

#include <CLI/CLI.hpp>

#include "api/render.h"
#include "auth/accounts/accounts.h"
#include "cli/commands.h"

namespace authd::cli {
namespace {

struct Options {
  std::string who;
  std::string action;
  size_t limit = 100;
};

std::string who_did(const tables::AuditEntry& entry) {
  if (!entry.operator_name.empty()) return entry.operator_name;
  return entry.actor.value == 0 ? "" : "user " + std::to_string(entry.actor.value);
}

Result<void> list(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  auth::AuditFilter filter;
  filter.action = options.action;
  filter.limit = options.limit;
  if (!options.who.empty()) filter.user = TRY(auth::find_account(*s, options.who)).id;
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const tables::AuditEntry& entry : TRY(auth::list_audit(*s, filter))) {
    api::write_audit_entry(json, entry);
    const std::string subject =
        entry.subject.value == 0 ? "" : "user " + std::to_string(entry.subject.value);
    rows.push_back({std::to_string(entry.number), format_rfc3339(entry.at), who_did(entry),
                    entry.action, entry.outcome,
                    subject + (entry.target.empty() ? "" : " ") + entry.target, entry.address});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"NUMBER", "AT", "WHO", "ACTION", "OUTCOME", "ON", "FROM"}, rows));
  }
  return {};
}

Result<void> verify(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auth::AuditVerdict verdict =
      TRY(auth::verify_audit(*s, [&](uint64_t done, uint64_t all) { show_progress(done, all); }));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object()
        .field("ok", verdict.problem.empty())
        .field("checked", verdict.checked)
        .field("problem", verdict.problem)
        .end_object();
    command.print(json);
  }
  if (!verdict.problem.empty()) {
    return Error{ErrorCode::malformed, "the audit log is damaged: " + verdict.problem};
  }
  if (!command.is_json()) {
    command.print("the audit log is whole: " + std::to_string(verdict.checked) + " entries");
  }
  return {};
}

}  // namespace

void add_audit(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("audit", "Who did what, on whom, from where: list, verify");
  group->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App* listing = group->add_subcommand("list", "List entries, newest first");
  command.add_common(*listing);
  listing->add_option("--user", options->who, "Only of this user, as actor or subject");
  listing->add_option("--action", options->action, "Only of this action (login, password_changed)");
  listing->add_option("--limit", options->limit, "At most this many")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  listing->callback([&command, options] {
    command.action = [&command, options] { return list(command, *options); };
  });
  CLI::App* checking =
      group->add_subcommand("verify", "Check that no entry was removed or altered");
  command.add_common(*checking);
  checking->callback([&command] { command.action = [&command] { return verify(command); }; });
}

}  // namespace authd::cli
