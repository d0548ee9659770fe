// authd apikey add|list|revoke
#include "auth/accounts/account/api_keys.h"

#include "auth/accounts/people/all_api_keys.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

struct KeyFlags {
  std::string who;
  std::string search;
  std::string sort;
  std::string after;
  uint64_t limit = 100;
  std::string name;
  std::vector<std::string> scopes;
  std::string life = "90d";
  std::optional<uint64_t> number;
  bool all = false;
  bool is_sure = false;
};

Result<void> add(Command& command, const KeyFlags& flags) {
  const Result<Milliseconds> life = config::parse_duration(flags.life);
  if (!life) return Error{ErrorCode::usage, "--expires: " + life.error().message};
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  const auth::MadeApiKey made = TRY(from_arguments(
      auth::add_api_key(*s, user.id, {}, {flags.name, flags.scopes, *life}, operator_origin())));
  command.print(
      "id:      " + std::to_string(made.key.number) + "\napi key: " +
          std::string(made.text.reveal()) + "\nexpires: " + format_rfc3339(made.key.expires_at) +
          "\nThe key is shown only this once.",
      [&](JsonWriter& json) { api::write_made_api_key(json, made.key, made.text.reveal()); });
  return {};
}

Result<void> list_everybody(Command& command, const KeyFlags& flags) {
  const auth::ApiKeyQuery query =
      TRY(from_arguments(auth::parse_api_key_query(flags.search, flags.sort, flags.after)));
  const auth::Services* s = TRY(command.services());
  const auth::ApiKeyPage page = TRY(from_arguments(auth::find_api_keys(*s, query, flags.limit)));
  command.print_page("api_keys", page.keys, &api::write_api_key_of, page.next,
                     {"ID", "USER", "NAME", "SCOPES", "EXPIRES", "LAST USED"},
                     [](const auth::OwnedApiKey& one) {
                       return std::vector{std::to_string(one.key.number),
                                          named(one.owner),
                                          one.key.name,
                                          joined(one.key.scopes, " "),
                                          format_rfc3339(one.key.expires_at),
                                          time_text(one.key.last_used, "never")};
                     });
  if (!page.next.empty() && !command.is_json())
    std::fprintf(stderr, "there are more: --after %s\n", page.next.c_str());
  return {};
}

Result<void> list(Command& command, const KeyFlags& flags) {
  if (flags.who.empty()) return list_everybody(command, flags);
  if (!flags.search.empty() || !flags.sort.empty() || !flags.after.empty()) {
    return Error{ErrorCode::usage, "--search, --sort and --after are for the keys of everybody"};
  }
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  command.print_list(
      "api_keys", TRY(auth::list_api_keys(*s, user.id)), &api::write_api_key,
      {"ID", "NAME", "SCOPES", "EXPIRES", "LAST USED"}, [](const tables::ApiKey& key) {
        return std::vector{std::to_string(key.number), key.name, joined(key.scopes, " "),
                           format_rfc3339(key.expires_at), time_text(key.last_used, "never")};
      });
  return {};
}

Result<void> revoke_all(Command& command, const auth::Services& s, const tables::User& user) {
  const size_t count = TRY(auth::revoke_api_keys(s, user.id, operator_origin()));
  command.print("API keys revoked: " + std::to_string(count), [&](JsonWriter& json) {
    json.begin_object().field("revoked_count", count).end_object();
  });
  return {};
}

// Which keys there are is the near miss: numbers are not misspelt.
Result<tables::ApiKey> key_of(const auth::Services& s, const tables::User& user, uint64_t number) {
  const std::vector<tables::ApiKey> all = TRY(auth::list_api_keys(s, user.id));
  for (const tables::ApiKey& key : all) {
    if (key.number == number) return key;
  }
  const std::string there = all.empty() ? "no API key"
                                        : "no API key " + std::to_string(number) + " (there is " +
                                              joined(all, ", ",
                                                     [](const tables::ApiKey& key) {
                                                       return std::to_string(key.number) + " \"" +
                                                              printable(key.name) + "\"";
                                                     }) +
                                              ")";
  return Error{ErrorCode::not_found, named(user) + " has " + there};
}

Result<void> revoke(Command& command, const KeyFlags& flags) {
  if (flags.all == flags.number.has_value()) {
    return Error{ErrorCode::usage, "give either the id of a key or --all"};
  }
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  if (flags.all) {
    TRY(confirm(flags.is_sure, "revoke all API keys of " + named(user)));
    return revoke_all(command, *s, user);
  }
  const tables::ApiKey key = TRY(key_of(*s, user, *flags.number));
  TRY(confirm(flags.is_sure, "revoke the API key " + std::to_string(key.number) + " (" + key.name +
                                 ") of " + named(user)));
  TRY(auth::revoke_api_key(*s, user.id, *flags.number, operator_origin()));
  command.print("API key " + std::to_string(*flags.number) + " is revoked", [&](JsonWriter& json) {
    json.begin_object().field("revoked", *flags.number).end_object();
  });
  return {};
}

}  // namespace

void add_apikey(const Subcommand& app, Command& command) {
  Group<KeyFlags> group(app, command, "apikey",
                        "API keys, with which programs act for a user: add, list, revoke");
  const auto& flags = group.flags;
  const auto sub = [&](const char* name, const char* help, auto action) {
    const Subcommand one = group.add(name, help, action);
    one.add_option("USER", flags->who, kUserHelp).required();
    return one;
  };
  const Subcommand adding = sub("add", "Create a key; it is shown only once", &add);
  adding.add_option("--name", flags->name, "A description for people").required();
  adding
      .add_option("--scope", flags->scopes,
                  "What it may do: verify, profile:read, admin:read, admin, app:…; may be given "
                  "several times")
      .required();
  adding.add_option("--expires", flags->life, "Its lifetime, at most 366d").capture_default_str();
  const Subcommand listing = group.add("list", "List the keys of a user, or of everybody", &list);
  listing.add_option("USER", flags->who, kUserHelp);
  listing.add_option("--search", flags->search,
                     "Without USER: only keys with these words in their name or the owner's");
  listing
      .add_option("--sort", flags->sort,
                  "Without USER: the order; owner, last_used (never used first) or -last_used")
      .check(one_of({"owner", "last_used", "-last_used"}));
  listing.add_option("--limit", flags->limit, "Without USER: at most this many")
      .check(whole_number(1, 10000))
      .capture_default_str();
  listing.add_option("--after", flags->after,
                     "Without USER: continue after this place, the \"next\" of --json");
  const Subcommand revoking = sub("revoke", "Revoke a key, or all keys of a user", &revoke);
  revoking.add_option("KEY", flags->number, "Its id, as `authd apikey list` shows it")
      .check(whole_number(1));
  revoking.add_flag("--all", flags->all, "Revoke every key of the user");
  revoking.add_flag("--yes", flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
