// authd apikey add|list|revoke
#include "auth/accounts/api_keys.h"

#include <CLI/CLI.hpp>

#include "auth/accounts/accounts.h"
#include "cli/commands.h"
#include "config/values.h"

namespace authd::cli {
namespace {

struct KeyFlags {
  std::string who;
  std::string name;
  std::vector<std::string> scopes;
  std::string life = "90d";
  uint64_t number = 0;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string time_text(Time time) {
  return time == Time{} ? "never" : format_rfc3339(time);
}

void write_key(JsonWriter& json, const tables::ApiKey& key) {
  json.begin_object().field("id", key.number).field("name", key.name).key("scopes").begin_array();
  for (const std::string& scope : key.scopes)
    json.value(scope);
  json.end_array()
      .field("created_at", format_rfc3339(key.created_at))
      .field("expires_at", format_rfc3339(key.expires_at))
      .key("last_used");
  if (key.last_used == Time{}) {
    json.null();
  } else {
    json.value(format_rfc3339(key.last_used));
  }
}

Result<void> add(Command& command, const KeyFlags& flags) {
  const Result<Milliseconds> life = config::parse_duration(flags.life);
  if (!life) return Error{ErrorCode::usage, "--expires: " + life.error().message};
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, flags.who));
  const auth::MadeApiKey made = TRY(from_arguments(
      auth::add_api_key(*s, user.id, "", {flags.name, flags.scopes, *life}, operator_origin())));
  if (command.is_json()) {
    JsonWriter json;
    write_key(json, made.key);
    json.field("api_key", made.text.reveal()).end_object();
    command.print(json);
  } else {
    command.print("id:      " + std::to_string(made.key.number) +
                  "\napi key: " + std::string(made.text.reveal()) + "\nexpires: " +
                  format_rfc3339(made.key.expires_at) + "\nThe key is shown this once.");
  }
  return {};
}

Result<void> list(Command& command, const KeyFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, flags.who));
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const tables::ApiKey& key : TRY(auth::list_api_keys(*s, user.id))) {
    write_key(json, key);
    json.end_object();
    rows.push_back({std::to_string(key.number), key.name, joined(key.scopes),
                    format_rfc3339(key.expires_at), time_text(key.last_used)});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"ID", "NAME", "SCOPES", "EXPIRES", "LAST USED"}, rows));
  }
  return {};
}

Result<void> revoke(Command& command, const KeyFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, flags.who));
  TRY(auth::revoke_api_key(*s, user.id, flags.number, operator_origin()));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object().field("revoked", flags.number).end_object();
    command.print(json);
  } else {
    command.print("API key " + std::to_string(flags.number) + " is revoked");
  }
  return {};
}

}  // namespace

void add_apikey(CLI::App& app, Command& command) {
  CLI::App* group =
      app.add_subcommand("apikey", "API keys that programs act for a user with: add, list, revoke");
  group->require_subcommand(1);
  const auto flags = std::make_shared<KeyFlags>();
  const auto sub = [&](const char* name, const char* help, auto action) {
    CLI::App* one = group->add_subcommand(name, help);
    command.add_common(*one);
    one->add_option("USER", flags->who, kUserHelp)->required();
    one->callback([&command, flags, action] {
      command.action = [&command, flags, action] { return action(command, *flags); };
    });
    return one;
  };
  CLI::App* adding = sub("add", "Make a key; it is shown once", &add);
  adding->add_option("--name", flags->name, "What it is for, for people")->required();
  adding
      ->add_option("--scope", flags->scopes,
                   "What it may do: verify, profile:read, admin:read, admin, app:…; may be given "
                   "several times")
      ->required();
  adding->add_option("--expires", flags->life, "Its life, at most 366d")->capture_default_str();
  sub("list", "List a user's keys", &list);
  sub("revoke", "Revoke a key", &revoke)
      ->add_option("KEY", flags->number, "Its id, as `authd apikey list` shows it")
      ->required();
}

}  // namespace authd::cli
