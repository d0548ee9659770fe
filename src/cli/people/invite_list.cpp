#include "cli/people/invite_list.h"

#include <algorithm>
#include <cstdio>

#include "auth/accounts/account/invitation_list.h"
#include "auth/upkeep/transfer/syntax/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/frame/input.h"
#include "cli/frame/layout.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

// Of one run: it bounds only the memory.
constexpr size_t kMaxLines = 100'000;

struct Line {
  uint64_t number = 0;
  std::string email;
  std::vector<std::string> roles;
  std::string problem;  // why it cannot be read
};

constexpr size_t kNone = SIZE_MAX;

// Where the columns are. Without a head, the first cell is the address and the second has roles.
struct Columns {
  size_t email = 0;
  size_t roles = 1;
  bool has_head = false;
};

size_t place_of(const std::vector<std::string>& cells, std::string_view name,
                std::string_view other) {
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const std::string& cell) {
    const std::string word = lower(trimmed(cell));
    return word == name || word == other;
  });
  return found == cells.end() ? kNone : static_cast<size_t>(found - cells.begin());
}

Columns columns_of(const std::vector<std::string>& head) {
  const size_t email = place_of(head, "email", "address");
  if (email == kNone) return {};
  return {email, place_of(head, "roles", "role"), true};
}

// "editor;viewer". Nothing else separates, as in imports: "Billing Admin" must not become "admin".
std::vector<std::string> roles_in(std::string_view cell) {
  std::vector<std::string> roles;
  while (!cell.empty()) {
    const size_t end = std::min(cell.find(';'), cell.size());
    const std::string_view role = trimmed(cell.substr(0, end));
    if (!role.empty()) roles.emplace_back(role);
    cell.remove_prefix(std::min(end + 1, cell.size()));
  }
  return roles;
}

Result<std::vector<Line>> lines_in(const std::string& file) {
  auth::transfer::Source source(TRY(open_input(file)));
  source.skip_byte_order_mark();
  auth::transfer::CsvRows rows(source);
  std::vector<Line> lines;
  std::vector<std::string> cells;
  std::string problem;
  Columns columns;
  for (bool is_first = true; rows.next(cells, problem); is_first = false) {
    if (is_first && problem.empty()) {
      columns = columns_of(cells);
      if (columns.has_head) continue;
    }
    if (lines.size() == kMaxLines) {
      return Error{ErrorCode::usage, file + " has more than 100000 lines: send it in parts"};
    }
    const auto cell = [&](size_t place) {
      return place < cells.size() ? trimmed(cells[place]) : std::string_view();
    };
    lines.push_back(
        {rows.line(), std::string(cell(columns.email)), roles_in(cell(columns.roles)), problem});
  }
  if (source.failure()) return Error(*source.failure());
  if (lines.empty()) return Error{ErrorCode::usage, file + " names nobody"};
  return lines;
}

auth::InvitationOutcome invite_line(auth::InvitationList& list, const Line& line,
                                    const auth::NewInvitation& shared) {
  if (!line.problem.empty()) {
    return {line.email, line.number, Error{ErrorCode::invalid, line.problem}};
  }
  auth::NewInvitation wanted = shared;
  wanted.email = line.email;
  wanted.roles.insert(wanted.roles.end(), line.roles.begin(), line.roles.end());
  return list.invite(wanted, line.number);
}

bool is_fault(const auth::InvitationOutcome& one) {
  return !one.result && one.result.error().code == ErrorCode::unavailable;
}

// Ends early when the store cannot write: the same list can be sent again.
Result<std::vector<auth::InvitationOutcome>> invite_each(Command& command, const auth::Services& s,
                                                         const std::vector<Line>& lines,
                                                         const auth::NewInvitation& shared,
                                                         bool is_dry_run) {
  const auth::Origin origin = operator_origin();
  auto list = TRY(auth::InvitationList::begin(s, origin, is_dry_run));
  const bool shows_links = !is_dry_run && !shared.sends_mail && !command.is_json();
  if (shows_links) command.print("email,url");
  std::vector<auth::InvitationOutcome> outcomes;
  for (const Line& line : lines) {
    outcomes.push_back(invite_line(list, line, shared));
    const auth::InvitationOutcome& one = outcomes.back();
    if (is_fault(one)) break;
    // An address has neither commas nor quotes (auth/core/identifiers.h).
    if (shows_links && one.made) {
      command.print(one.made->row.email + "," + one.made->url);
      std::fflush(stdout);  // A run that is interrupted keeps the links that it has made.
    }
    if (!shows_links) show_progress(outcomes.size(), lines.size());
  }
  return outcomes;
}

std::string summary(const std::vector<auth::InvitationOutcome>& outcomes, bool is_dry_run,
                    size_t refused) {
  const auto invited = static_cast<size_t>(std::count_if(
      outcomes.begin(), outcomes.end(), [](const auto& one) { return one.result && *one.result; }));
  const size_t same = outcomes.size() - invited - refused;
  return std::string(is_dry_run ? "would be invited: " : "invited: ") + std::to_string(invited) +
         (same > 0 ? ", invited before: " + std::to_string(same) : "") +
         (refused > 0 ? ", refused: " + std::to_string(refused) : "");
}

void name_refused(const std::string& file, const std::vector<auth::InvitationOutcome>& outcomes) {
  for (const auth::InvitationOutcome& one : outcomes) {
    if (one.result) continue;
    const std::string text = file + ", line " + std::to_string(one.line) + ": " +
                             (one.email.empty() ? "" : one.email + ": ") +
                             one.result.error().message;
    std::fprintf(stderr, "%s\n", printable(text).c_str());
  }
}

}  // namespace

void add_list_options(const Subcommand& app, InviteListFlags& flags) {
  app.add_option("--from", flags.from,
                 "A file with an address on each line, or CSV with the columns email and, if you "
                 "like, roles; - is standard input")
      .type_name("FILE");
  app.add_flag("--dry-run", flags.is_dry_run, "With --from: only say what would happen");
  app.add_flag("--yes", flags.is_sure, "With --from and --mail: do not ask on a terminal");
}

Result<void> invite_list(Command& command, const InviteListFlags& flags,
                         const auth::NewInvitation& shared) {
  const std::vector<Line> lines = TRY(lines_in(flags.from));
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  if (const auto sound = auth::check_shared(*s, shared, operator_origin()); !sound) {
    return from_arguments(Result<void>(sound.error()));
  }
  if (shared.sends_mail && !flags.is_dry_run) {
    TRY(confirm(flags.is_sure,
                "mail invitations to " + counted(lines.size(), "address", "addresses")));
  }
  const auto outcomes = TRY(invite_each(command, *s, lines, shared, flags.is_dry_run));
  const auto refused = static_cast<size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [](const auto& one) { return !one.result; }));
  if (command.is_json()) {
    command.print("", [&](JsonWriter& json) {
      api::write_invitation_list(json, flags.is_dry_run, outcomes);
    });
  } else {
    name_refused(flags.from, outcomes);
    std::fprintf(stderr, "%s\n", summary(outcomes, flags.is_dry_run, refused).c_str());
  }
  if (is_fault(outcomes.back())) return outcomes.back().result.error();
  if (refused == 0) return {};
  return Error{ErrorCode::invalid, std::to_string(refused) + " of " +
                                       std::to_string(outcomes.size()) + " were refused"};
}

}  // namespace authd::cli
