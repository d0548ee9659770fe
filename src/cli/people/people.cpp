// authd user list|find
#include "auth/accounts/people/people.h"

#include <cstdio>

#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"

namespace authd::cli {
namespace {

// People are read in pages of this many: each page looks at everybody.
constexpr size_t kPage = 10'000;

struct PeopleFlags {
  auth::PeopleWords words;
  size_t limit = 0;
};

std::string full_name(const tables::User& user) {
  const bool has_both = !user.first_name.empty() && !user.last_name.empty();
  return user.first_name + (has_both ? " " : "") + user.last_name;
}

std::string state_of(const tables::User& user) {
  return user.disabled ? "disabled" : user.awaits_email ? "unconfirmed" : "active";
}

std::string day_of(Time time) {
  constexpr size_t kDay = 10;  // bytes of "2026-11-30"
  return time_text(time).substr(0, kDay);
}

void print_people(const Command& command, const auth::PeoplePage& found) {
  const auto cells = [](const auth::AccountView& view) {
    const tables::User& user = view.user;
    return std::vector{std::to_string(user.id.value),
                       user.username,
                       full_name(user),
                       user.email,
                       joined(view.roles, ","),
                       state_of(user),
                       format_rfc3339(user.created_at),
                       day_of(user.last_activity)};
  };
  command.print(
      table_of({"ID", "USERNAME", "NAME", "EMAIL", "ROLES", "STATUS", "CREATED", "LAST ACTIVE"},
               found.accounts, cells),
      [&](JsonWriter& json) { api::write_people(json, found.accounts, found.next, found.total); });
  if (found.accounts.size() < found.total && !found.next.empty()) {
    std::fprintf(stderr, "%zu of %llu; continue with --after %s\n", found.accounts.size(),
                 static_cast<unsigned long long>(found.total), found.next.c_str());
  }
}

Result<void> list(Command& command, const PeopleFlags& flags) {
  auth::PeopleQuery query = TRY(from_arguments(auth::parse_people_query(flags.words)));
  const auth::Services* s = TRY(command.services());
  auth::PeoplePage all;
  size_t left = flags.limit == 0 ? SIZE_MAX : flags.limit;
  do {
    auth::PeoplePage page =
        TRY(from_arguments(auth::find_people(*s, query, std::min(left, kPage))));
    left -= std::min(left, page.accounts.size());
    std::move(page.accounts.begin(), page.accounts.end(), std::back_inserter(all.accounts));
    all.total = page.total;
    all.next = query.cursor = std::move(page.next);
  } while (left > 0 && !all.next.empty());
  print_people(command, all);
  return {};
}

void add_filters(const Subcommand& app, PeopleFlags& flags) {
  auth::PeopleWords& words = flags.words;
  app.add_option("--role", words.role, "Only accounts with this role").type_name("ROLE");
  app.add_option("--state", words.state,
                 "active; disabled; or unconfirmed: cannot sign in before the email is confirmed")
      .check(one_of({"active", "disabled", "unconfirmed"}));
  app.add_option("--verified", words.verified, "Only accounts whose email is verified, or is not")
      .check(one_of({"true", "false"}));
  app.add_option("--mfa", words.mfa, "Only accounts with a second factor, or without")
      .check(one_of({"true", "false"}));
  app.add_option("--provider", words.provider, "Only accounts that are linked with this provider")
      .type_name("PROVIDER");
  app.add_option("--active-before", words.active_before,
                 "Only accounts whose last activity was before this day or time, or that had none; "
                 "to the hour, UTC")
      .type_name("DAY");
  app.add_option("--active-after", words.active_after,
                 "Only accounts whose last activity was then or later; to the hour, UTC")
      .type_name("DAY");
  app.add_option("--sort", words.sort, "The order; a leading - reverses it")
      .check(
          one_of({"id", "-id", "name", "-name", "created", "-created", "activity", "-activity"}));
  app.add_option("--limit", flags.limit, "At most this many; 0 is all")
      .check(whole_number(0))
      .capture_default_str();
  app.add_option("--after", words.cursor, "Continue after this place, the \"next\" of --json")
      .type_name("NEXT");
}

}  // namespace

void add_people(const Subcommand& user, Command& command) {
  const auto add = [&](const char* name, const char* help) {
    const Subcommand app = user.add_subcommand(name, help);
    const auto flags = std::make_shared<PeopleFlags>();
    set_action(app, command, flags, &list);
    return std::pair(app, flags);
  };
  constexpr const char* kSearchHelp =
      "Words at the beginning of words of the names, the username or the email";
  const auto [listing, listed] = add("list", "List accounts, all or those that pass all filters");
  listing.add_option("--search", listed->words.search, kSearchHelp).type_name("TEXT");
  add_filters(listing, *listed);
  const auto [finding, wanted] = add("find", "Find accounts by words: `list --search` in short");
  finding.add_option("TEXT", wanted->words.search, kSearchHelp).required();
  add_filters(finding, *wanted);
}

}  // namespace authd::cli
