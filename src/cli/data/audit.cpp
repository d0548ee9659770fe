// authd audit list|verify
#include "auth/core/audit/audit.h"

#include "auth/accounts/account/accounts.h"
#include "auth/core/audit/audit_actions.h"
#include "auth/core/audit/audit_chain.h"
#include "auth/upkeep/audit_verify.h"
#include "base/nearest.h"
#include "cli/data/audit_lines.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

struct Options {
  std::string who;
  std::string action;
  size_t limit = 100;
  uint64_t before = 0;
};

Result<void> list(Command& command, const Options& options) {
  const auth::Services* s = TRY(command.services());
  auth::AuditFilter filter;
  filter.action = options.action;
  if (!options.action.empty() && !auth::is_audit_action(options.action)) {
    const std::string meant = did_you_mean(nearest_of(options.action, auth::kAuditActions));
    return Error{ErrorCode::usage, "the audit log has no action \"" + printable(options.action) +
                                       "\"" + meant + " (docs/administration.md lists them)"};
  }
  filter.limit = options.limit;
  filter.before = options.before;
  if (!options.who.empty()) {
    const auth::Audited whom = TRY(auth::find_audited(*s, options.who));
    filter.user = whom.id;
    filter.name = whom.name;
  }
  const auto entries = TRY(auth::list_audit(*s, filter));
  // An empty list of somebody who exists is an answer; a typing error in the name is not.
  if (entries.empty() && !options.who.empty()) TRY(find_user(*s, options.who));
  command.print_page("entries", entries, &api::write_audit_entry,
                     api::next_of(entries, filter.limit), kAuditHead, &audit_cells);
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
    text += "\n" + auth::chain_label(span.chain) + ": " +
            counted(span.entries, "entry", "entries") + ", from " + std::to_string(span.first) +
            " (" + format_rfc3339(span.first_at) + ") to " + std::to_string(span.last) + " (" +
            format_rfc3339(span.last_at) + ")";
  }
  if (verdict.checkpoint == 0) return text;
  return text + "\nthe last of " + counted(verdict.checkpoints, "checkpoint") + " is entry " +
         std::to_string(verdict.checkpoint) + " (" + format_rfc3339(verdict.checkpoint_at) + ")";
}

Result<void> verify(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auth::AuditVerdict verdict =
      TRY(auth::verify_audit(*s, [&](uint64_t done, uint64_t all) { show_progress(done, all); }));
  const bool is_whole = verdict.problem.empty();
  const std::string text =
      "the audit log is intact: " + counted(verdict.checked, "entry", "entries") +
      proof_of(verdict);
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

void add_audit(const Subcommand& app, Command& command) {
  Group<Options> group(app, command, "audit", "Who did what, on whom, from where: list, verify");
  const auto& options = group.flags;
  const Subcommand listing = group.add("list", "List entries, newest first", &list);
  listing
      .add_option("--user", options->who,
                  "Only by or about this user: an id, or a name, also of a deleted user")
      .type_name("USER");
  listing.add_option("--action", options->action, "Only of this action (login, password_changed)")
      .type_name("ACTION");
  listing.add_option("--limit", options->limit, "At most this many")
      .check(whole_number(1, 1'000'000))
      .capture_default_str();
  listing
      .add_option("--before", options->before,
                  "Only entries before this number: the \"next\" of --json")
      .check(whole_number(0));
  set_action(group.app().add_subcommand("verify", "Check that no entry was removed or altered"),
             command, &verify);
}

}  // namespace authd::cli
