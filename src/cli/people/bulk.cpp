#include "cli/people/bulk.h"

#include <algorithm>
#include <array>
#include <set>

#include "auth/upkeep/transfer/syntax/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/frame/input.h"
#include "cli/frame/layout.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

// Names of one run. Each is looked up and changed by itself, so this bounds only the memory.
constexpr size_t kMaxPeople = 1'000'000;

// What the columns of a file can be called: the first of these that it has counts. What comes
// before a cell makes it mean what the column says.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kColumns = {
    {{"id", "id:"}, {"subject", ""}, {"username", "name:"}, {"email", ""}, {"user", ""}}};

struct Column {
  size_t place = 0;
  std::string_view prefix;
  bool has_head = false;
};

Column column_of(const std::vector<std::string>& cells) {
  for (const auto& [name, prefix] : kColumns) {
    for (size_t i = 0; i < cells.size(); ++i) {
      if (lower(trimmed(cells[i])) == name) return {i, prefix, true};
    }
  }
  return {};
}

Result<std::vector<std::string>> people_in(const std::string& file) {
  auth::transfer::Source source(TRY(open_input(file)));
  source.skip_byte_order_mark();
  auth::transfer::CsvRows rows(source);
  std::vector<std::string> people;
  std::vector<std::string> cells;
  std::string problem;
  Column column;
  for (bool is_first = true; rows.next(cells, problem); is_first = false) {
    const auto at_line = [&](const std::string& what) {
      return Error{ErrorCode::usage, file + ", line " + std::to_string(rows.line()) + ": " + what};
    };
    if (!problem.empty()) return at_line(problem);
    if (is_first) {
      column = column_of(cells);
      if (column.has_head) continue;
    }
    const std::string who(column.place < cells.size() ? trimmed(cells[column.place]) : "");
    if (who.empty()) return at_line("nobody is named");
    people.push_back(std::string(column.prefix) + who);
    if (people.size() > kMaxPeople) return at_line("more than 1000000 people");
  }
  if (source.failure()) return Error(*source.failure());
  return people;
}

const char* done_to(auth::BulkAction action) {
  switch (action) {
    case auth::BulkAction::disable: return "disabled";
    case auth::BulkAction::enable: return "enabled";
    case auth::BulkAction::remove: return "deleted";
    case auth::BulkAction::grant: return "given the role";
    case auth::BulkAction::revoke: return "without the role";
  }
  return "";
}

const char* word_of(auth::BulkAction action) {
  switch (action) {
    case auth::BulkAction::disable: return "disable";
    case auth::BulkAction::enable: return "enable";
    case auth::BulkAction::remove: return "delete";
    case auth::BulkAction::grant: return "grant_role";
    case auth::BulkAction::revoke: return "revoke_role";
  }
  return "";
}

std::string question(const auth::BulkChange& change, size_t count) {
  const std::string whom = counted(count, "account");
  switch (change.action) {
    case auth::BulkAction::disable: return "disable " + whom;
    case auth::BulkAction::enable: return "enable " + whom;
    case auth::BulkAction::remove: return "delete " + whom + " permanently";
    case auth::BulkAction::grant: return "give " + whom + " the role " + change.role;
    case auth::BulkAction::revoke: return "take the role " + change.role + " from " + whom;
  }
  return "";
}

// "2 accounts disabled, 1 as before, 1 refused", and a line for each who was.
std::string summary(const auth::BulkChange& change,
                    const std::vector<auth::BulkOutcome>& outcomes) {
  size_t changed = 0;
  size_t refused = 0;
  std::string lines;
  for (const auth::BulkOutcome& one : outcomes) {
    if (one.result) {
      changed += *one.result ? 1 : 0;
      continue;
    }
    refused += 1;
    lines += printable(one.name) + ": " + printable(one.result.error().message) + "\n";
  }
  const size_t same = outcomes.size() - changed - refused;
  return lines + (change.is_dry_run ? "would be " : "") + std::string(done_to(change.action)) +
         (change.role.empty() ? "" : " " + change.role) + ": " + std::to_string(changed) +
         (same > 0 ? ", as before: " + std::to_string(same) : "") +
         (refused > 0 ? ", refused: " + std::to_string(refused) : "");
}

// Each account once, even if it has two names here.
std::vector<auth::BulkOutcome> change_each(const auth::Services& s, const auth::BulkChange& change,
                                           const std::vector<std::string>& people) {
  const auth::Origin origin = operator_origin();
  auth::Bulk bulk(s, change, origin);
  std::set<UserId> seen;
  std::vector<auth::BulkOutcome> outcomes;
  for (size_t i = 0; i < people.size(); ++i) {
    const Result<tables::User> user = find_user(s, people[i]);
    if (!user) {
      outcomes.push_back({std::nullopt, people[i], Error(user.error())});
    } else if (seen.insert(user->id).second) {
      outcomes.push_back({user->id, people[i], or_name_force(bulk.apply(user->id))});
    }
    show_progress(i + 1, people.size());
  }
  return outcomes;
}

}  // namespace

void add_bulk_options(const Subcommand& app, BulkFlags& flags) {
  app.add_option("USER", flags.people, kUserHelp);
  app.add_option(
         "--from", flags.from,
         "A file with one of them on each line, or CSV with a column id, subject, username, "
         "email or user; - is standard input")
      .type_name("FILE");
  app.add_flag("--dry-run", flags.is_dry_run, "Only say what would happen");
  app.add_flag("--yes", flags.is_sure, kYesHelp);
}

Result<void> change_many(Command& command, const BulkFlags& flags, auth::BulkChange change) {
  std::vector<std::string> people = flags.people;
  if (!flags.from.empty()) {
    std::vector<std::string> more = TRY(people_in(flags.from));
    std::move(more.begin(), more.end(), std::back_inserter(people));
  }
  if (people.empty()) return Error{ErrorCode::usage, "nobody is named: give USER or --from FILE"};
  const auth::Services* s = TRY(command.services());
  change.is_dry_run = flags.is_dry_run;
  if (flags.is_forced) change.last = auth::LastAdmin::may_go;
  if (const auto sound = auth::check_bulk_change(*s, change); !sound) {
    return with_near_role(*s, change.role, Error{ErrorCode::not_found, sound.error().message});
  }
  if (!change.is_dry_run) TRY(confirm(flags.is_sure, question(change, people.size())));
  const std::vector<auth::BulkOutcome> outcomes = change_each(*s, change, people);
  command.print(summary(change, outcomes), [&](JsonWriter& json) {
    api::write_bulk(json, word_of(change.action), change.is_dry_run, outcomes);
  });
  const auto refused =
      std::count_if(outcomes.begin(), outcomes.end(), [](const auto& one) { return !one.result; });
  if (refused == 0) return {};
  return Error{ErrorCode::invalid, std::to_string(refused) + " of " +
                                       std::to_string(outcomes.size()) + " were refused"};
}

}  // namespace authd::cli
