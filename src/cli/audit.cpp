// authd audit list|verify
#include "auth/core/audit.h"

#include <CLI/CLI.hpp>

#include "api/render.h"
#include "auth/accounts/accounts.h"
#include "auth/core/audit_chain.h"
#include "auth/upkeep/audit_verify.h"
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

// What was proved, and from where to where.
void write_proof(JsonWriter& json, const auth::AuditVerdict& verdict) {
  json.key("chains").begin_array();
  for (const auth::AuditSpan& span : verdict.chains) {
    json.begin_object().field("chain", span.chain).field("entries", span.entries);
    json.field("first", span.first).field("last", span.last).end_object();
  }
  json.end_array()
      .field("checkpoints", verdict.checkpoints)
      .field("last_checkpoint", verdict.checkpoint);
}

void print_proof(Command& command, const auth::AuditVerdict& verdict) {
  for (const auth::AuditSpan& span : verdict.chains) {
    if (span.entries == 0) continue;
    command.print(auth::chain_label(span.chain) + ": " + std::to_string(span.entries) +
                  " entries, from " + std::to_string(span.first) + " (" +
                  format_rfc3339(span.first_at) + ") to " + std::to_string(span.last) + " (" +
                  format_rfc3339(span.last_at) + ")");
  }
  if (verdict.checkpoint == 0) return;
  command.print("the last of " + std::to_string(verdict.checkpoints) + " checkpoints is entry " +
                std::to_string(verdict.checkpoint) + " (" + format_rfc3339(verdict.checkpoint_at) +
                ")");
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
        .field("problem", verdict.problem);
    write_proof(json, verdict);
    json.end_object();
    command.print(json);
  }
  if (!verdict.problem.empty()) {
    return Error{ErrorCode::malformed, "the audit log is damaged: " + verdict.problem};
  }
  if (!command.is_json()) {
    command.print("the audit log is whole: " + std::to_string(verdict.checked) + " entries");
    print_proof(command, verdict);
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
