// authd audit list|verify
#include "auth/core/audit.h"

#include <cstdio>
#include <set>

#include "auth/core/audit_chain.h"
#include "auth/upkeep/audit_verify.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/group.h"
#include "cli/names.h"

namespace authd::cli {
namespace {

struct Options {
  std::string who;
  std::string action;
  size_t limit = 100;
  uint64_t before = 0;
};

std::string who_did(const tables::AuditEntry& entry) {
  if (!entry.operator_name.empty()) return entry.operator_name;
  return entry.actor.value == 0 ? "" : "user " + std::to_string(entry.actor.value);
}

std::string on_whom(const tables::AuditEntry& entry) {
  const std::string subject =
      entry.subject.value == 0 ? "" : "user " + std::to_string(entry.subject.value);
  return subject + (entry.target.empty() ? "" : " ") + entry.target;
}

// An action that no entry has is most often misspelt: says so, and which one was meant.
Result<void> note_unknown_action(const auth::Services& s, const std::string& action) {
  auth::AuditFilter filter;
  filter.limit = 10'000;
  std::set<std::string> known;
  for (const tables::AuditEntry& entry : TRY(auth::list_audit(s, filter)))
    known.insert(entry.action);
  if (known.contains(action)) return {};
  std::fprintf(stderr, "no entry has the action \"%s\"%s\n", printable(action).c_str(),
               did_you_mean(nearest_of(action, known)).c_str());
  return {};
}

Result<void> list(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  auth::AuditFilter filter;
  filter.action = options.action;
  filter.limit = options.limit;
  filter.before = options.before;
  if (!options.who.empty()) filter.user = TRY(find_user(*s, options.who)).id;
  const auto entries = TRY(auth::list_audit(*s, filter));
  if (entries.empty() && !options.action.empty()) {
    TRY(note_unknown_action(*s, options.action));
  }
  command.print_page("entries", entries, &api::write_audit_entry,
                     api::next_of(entries, filter.limit),
                     {"NUMBER", "AT", "WHO", "ACTION", "OUTCOME", "ON", "FROM"},
                     [](const tables::AuditEntry& entry) {
                       return std::vector{std::to_string(entry.number),
                                          format_rfc3339(entry.at),
                                          who_did(entry),
                                          entry.action,
                                          entry.outcome,
                                          on_whom(entry),
                                          entry.address};
                     });
  return {};
}

// The range that was verified in each chain.
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

// The same as lines of text, each after a line break.
std::string proof_of(const auth::AuditVerdict& verdict) {
  std::string text;
  for (const auth::AuditSpan& span : verdict.chains) {
    if (span.entries == 0) continue;
    text += "\n" + auth::chain_label(span.chain) + ": " + std::to_string(span.entries) +
            " entries, from " + std::to_string(span.first) + " (" + format_rfc3339(span.first_at) +
            ") to " + std::to_string(span.last) + " (" + format_rfc3339(span.last_at) + ")";
  }
  if (verdict.checkpoint == 0) return text;
  return text + "\nthe last of " + std::to_string(verdict.checkpoints) + " checkpoints is entry " +
         std::to_string(verdict.checkpoint) + " (" + format_rfc3339(verdict.checkpoint_at) + ")";
}

Result<void> verify(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auth::AuditVerdict verdict =
      TRY(auth::verify_audit(*s, [&](uint64_t done, uint64_t all) { show_progress(done, all); }));
  const bool is_whole = verdict.problem.empty();
  const std::string text = "the audit log is intact: " + std::to_string(verdict.checked) +
                           " entries" + proof_of(verdict);
  command.print(is_whole ? text : "", [&](JsonWriter& json) {
    json.begin_object().field("ok", is_whole).field("checked", verdict.checked);
    api::text_or_null(json, "problem", verdict.problem);
    write_proof(json, verdict);
    json.end_object();
  });
  if (is_whole) return {};
  return Error{ErrorCode::malformed, "the audit log is damaged: " + verdict.problem};
}

}  // namespace

void add_audit(CLI::App& app, Command& command) {
  Group<Options> group(app, command, "audit", "Who did what, on whom, from where: list, verify");
  const auto& options = group.flags;
  CLI::App* listing = group.add("list", "List entries, newest first", &list);
  listing->add_option("--user", options->who, "Only of this user, as actor or subject")
      ->type_name("USER");
  listing->add_option("--action", options->action, "Only of this action (login, password_changed)");
  listing->add_option("--limit", options->limit, "At most this many")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  listing
      ->add_option("--before", options->before,
                   "Only entries before this number: the \"next\" of --json")
      ->check(whole_number(0));
  set_action(*group.app().add_subcommand("verify", "Check that no entry was removed or altered"),
             command, &verify);
}

}  // namespace authd::cli
