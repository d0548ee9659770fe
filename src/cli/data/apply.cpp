// authd apply FILE|DIR…
#include "auth/upkeep/state/apply.h"

#include <cstdio>

#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/exit_code.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

using namespace auth::state;
using Value = auth::AttributeValue;
using Texts = std::vector<std::string>;

struct ApplyFlags {
  Texts files;
  bool is_dry_run = false;
  bool prunes = false;
  bool is_sure = false;
  bool tells_changes = false;  // by the exit code, of a run that changes things too
};

// What was done, for --json, and for what is told at the end.
struct Record {
  std::vector<const Step*> done;
  std::vector<OneTimeSecret> secrets;  // of each of them; empty: none
};

char sign_of(Action action) {
  switch (action) {
    case Action::add: return '+';
    case Action::change: return '~';
    case Action::remove: return '-';
    case Action::keep: return ' ';
  }
  __builtin_unreachable();
}

const char* word_of(Action action) {
  switch (action) {
    case Action::add: return "add";
    case Action::change: return "change";
    case Action::remove: return "remove";
    case Action::keep: return "keep";
  }
  __builtin_unreachable();
}

// JSON, which is also safe to show.
std::string text_of(const Value& value) {
  JsonWriter json;
  auth::write_value(json, value);
  return json.take();
}

// Of two lists: what is only in the second one, and only in the first one.
std::string list_lines(const std::string& name, const Texts& before, const Texts& after) {
  std::string text;
  const auto missing_in = [&](const Texts& all, const Texts& other, char sign) {
    for (const std::string& one : all) {
      if (std::find(other.begin(), other.end(), one) == other.end())
        text += "    " + std::string(1, sign) + " " + name + ": " + text_of(one) + "\n";
    }
  };
  missing_in(before, after, '-');
  missing_in(after, before, '+');
  if (!text.empty()) return text;
  return "    ~ " + name + ": " + text_of(before) + " -> " + text_of(after) + "\n";
}

std::string line_of(const MemberDiff& diff) {
  const std::string name = shown(diff.name);
  const std::string plain = name.substr(1, name.size() - 2);
  if (diff.is_secret) return "    + " + plain + ": (secret)\n";
  if (!diff.before) return "    + " + plain + ": " + text_of(*diff.after) + "\n";
  if (!diff.after) return "    - " + plain + ": " + text_of(*diff.before) + "\n";
  const Texts* before = std::get_if<Texts>(&*diff.before);
  const Texts* after = std::get_if<Texts>(&*diff.after);
  if (before != nullptr && after != nullptr) return list_lines(plain, *before, *after);
  return "    ~ " + plain + ": " + text_of(*diff.before) + " -> " + text_of(*diff.after) + "\n";
}

std::string difference(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    if (step.action == Action::keep) continue;
    text += std::string(1, sign_of(step.action)) + " " +
            std::string(auth::state::word_of(step.kind)) + " " + shown(step.name) + "\n";
    for (const MemberDiff& diff : step.members)
      text += line_of(diff);
  }
  return text;
}

// "2 to add, 1 to change, 3 as declared"
std::string summary(const Plan& plan) {
  return std::to_string(plan.count(Action::add)) + " to add, " +
         std::to_string(plan.count(Action::change)) + " to change, " +
         std::to_string(plan.count(Action::remove)) + " to remove, " +
         std::to_string(plan.count(Action::keep)) + " as declared";
}

void write_value_or_null(JsonWriter& json, const char* name, const std::optional<Value>& value) {
  json.key(name);
  if (value) {
    auth::write_value(json, *value);
  } else {
    json.null();
  }
}

void write_step(JsonWriter& json, const Step& step, bool is_done, std::string_view secret) {
  json.begin_object()
      .field("action", word_of(step.action))
      .field("kind", auth::state::word_of(step.kind))
      .field("name", step.name)
      .field("done", is_done);
  json.key("members").begin_array();
  for (const MemberDiff& diff : step.members) {
    json.begin_object().field("name", diff.name).field("is_secret", diff.is_secret);
    write_value_or_null(json, "before", diff.before);
    write_value_or_null(json, "after", diff.after);
    json.end_object();
  }
  json.end_array();
  if (!secret.empty()) json.field("client_secret", secret);
  json.end_object();
}

void write_plan(JsonWriter& json, const Plan& plan, const Record& record, bool is_dry_run) {
  json.begin_object().field("dry_run", is_dry_run).key("changes").begin_array();
  size_t done = 0;
  for (const Step& step : plan.steps) {
    if (step.action == Action::keep) continue;
    const bool is_done = done < record.done.size() && record.done[done] == &step;
    write_step(json, step, is_done, is_done ? record.secrets[done].reveal() : "");
    done += is_done ? 1 : 0;
  }
  json.end_array()
      .field("added", plan.count(Action::add))
      .field("changed", plan.count(Action::change))
      .field("removed", plan.count(Action::remove))
      .field("unchanged", plan.count(Action::keep))
      .end_object();
}

Result<void> ask(const Plan& plan, const ApplyFlags& flags) {
  const size_t removed = plan.count(Action::remove);
  const size_t all = plan.steps.size() - plan.count(Action::keep);
  const std::string removals =
      removed == 0 ? "" : ", which " + counted(removed, "thing does", "things do") + " not survive";
  return confirm(flags.is_sure, "make " + counted(all, "change", "changes") + removals);
}

// A secret is printed at once: nobody can read it later.
Result<void> do_it(Command& command, const auth::Services& s, const Declarations& declared,
                   const Plan& plan, Record& record) {
  return apply_plan(s, declared, plan, operator_origin(),
                    [&](const Step& step, std::string_view secret) {
                      record.done.push_back(&step);
                      record.secrets.emplace_back(std::string(secret));
                      if (secret.empty() || command.is_json()) return;
                      command.print("client " + step.name + " has the secret " +
                                        std::string(secret) + ", which is shown only this once",
                                    [](JsonWriter&) {});
                      std::fflush(stdout);
                    });
}

Result<void> apply(Command& command, const ApplyFlags& flags) {
  const auto entries = TRY(read_state(flags.files));
  const auto variable = [](const std::string& name) {
    return config::environment_variable(name.c_str());
  };
  const Declarations declared = TRY(declarations_of(entries, variable));
  const auto making = flags.is_dry_run ? server::Making::refused : server::Making::allowed;
  const auth::Services* s = TRY(command.services(making));
  const Plan plan = TRY(make_plan(*s, declared, flags.prunes));
  Record record;
  if (!command.is_json() && plan.changes_anything()) {
    command.print(difference(plan));
    std::fflush(stdout);
  }
  if (flags.is_dry_run) {
    command.print(summary(plan), [&](JsonWriter& json) { write_plan(json, plan, record, true); });
    if (plan.changes_anything()) command.set_exit_code(kChanges);
    return {};
  }
  if (plan.changes_anything()) TRY(ask(plan, flags));
  const Result<void> done = do_it(command, *s, declared, plan, record);
  if (flags.tells_changes && !record.done.empty()) command.set_exit_code(kChanges);
  // Of a run that stopped too: with --json, the secrets are in it.
  const std::string text = !done ? ""
                           : plan.changes_anything()
                               ? counted(record.done.size(), "change is", "changes are") + " made"
                               : "nothing to do: " + summary(plan);
  command.print(text, [&](JsonWriter& json) { write_plan(json, plan, record, false); });
  return done;
}

}  // namespace

void add_apply(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand(
      "apply", "Bring roles, clients, resources and users into the state that files declare");
  const auto flags = std::make_shared<ApplyFlags>();
  set_action(sub, command, flags, &apply);
  sub.add_option(
         "FILE", flags->files,
         "A TOML or JSON file, or a directory of *.toml and *.json files; - is standard input")
      .required();
  sub.add_flag("--dry-run", flags->is_dry_run,
               "Show what would change, and change nothing; exit code 10 if something would");
  sub.add_flag("--prune", flags->prunes,
               "Remove what was declared when files were applied before, and is not declared now");
  sub.add_flag("--exit-code", flags->tells_changes,
               "Exit with code 10 instead of 0 if something was changed");
  sub.add_flag("--yes", flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
