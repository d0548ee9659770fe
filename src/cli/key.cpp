// authd key list|rotate|retire, authd key master list|new|rotate
#include "auth/sessions/keyring.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "server/master_key.h"

namespace authd::cli {
namespace {

Result<void> list(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auto keys = TRY(auth::current_keys(*s));
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  const auto time = [](Time when) { return when == Time{} ? "" : format_rfc3339(when); };
  for (const auth::LoadedKey& key : keys->keys) {
    const tables::SigningKeyRow& row = key.row;
    json.begin_object()
        .field("kid", row.kid)
        .field("algorithm", row.algorithm)
        .field("state", auth::state_name(row.state))
        .field("created_at", time(row.created_at))
        .field("activated_at", time(row.activated_at))
        .field("retired_at", time(row.retired_at))
        .end_object();
    rows.push_back({row.kid, row.algorithm, std::string(auth::state_name(row.state)),
                    time(row.created_at), time(row.activated_at), time(row.retired_at)});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"KID", "ALGORITHM", "STATE", "CREATED", "ACTIVE SINCE", "RETIRED"}, rows));
  }
  return {};
}

Result<void> rotate(Command& command) {
  const auth::Services* s = TRY(command.services());
  TRY(auth::rotate_keys(*s, operator_origin()));
  return list(command);
}

Result<void> retire(Command& command, const std::string& kid) {
  const auth::Services* s = TRY(command.services());
  TRY(auth::withdraw_key(*s, kid, operator_origin()));
  return list(command);
}

Result<void> list_master(Command& command) {
  const auth::Services* s = TRY(command.services());
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const server::MasterKeyUse& key : TRY(server::master_key_uses(*s))) {
    const char* state = key.seals ? "seals" : "opens";
    if (!key.is_held) state = "missing";
    json.begin_object()
        .field("id", key.id)
        .field("state", state)
        .field("values", key.values)
        .end_object();
    rows.push_back({key.id, state, std::to_string(key.values)});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print("master keys in " + s->config.secrets.master_key_file + "\n" +
                  table({"KEY", "STATE", "VALUES"}, rows));
  }
  return {};
}

// One more line for the file: nothing else is written to standard output.
Result<void> new_master(Command& command) {
  const crypto::MasterKey key = crypto::MasterKey::generate(command.random());
  const SecretKey line = key.line();
  if (command.is_json()) {
    JsonWriter json;
    const std::string_view text = line.reveal().substr(0, line.reveal().size() - 1);
    json.begin_object().field("id", key.id()).field("line", text).end_object();
    command.print(json);
  } else {
    command.print(std::string(line.reveal()));
  }
  return {};
}

void tell(const server::MasterRotation& done, const std::string& file, Command& command) {
  std::string text = "the master key " + done.key + " seals; " + std::to_string(done.rows) +
                     " rows were sealed anew";
  for (const std::string& id : done.dropped)
    text += "\nThe key " + id + " is not in " + file + " any more";
  for (const std::string& kept : done.kept_as) {
    text += "\nBackups from before today need it: it is in " + kept +
            "; delete that file when no such backup is needed";
  }
  for (const std::string& id : done.removable) {
    text += "\nNothing is sealed with the key " + id + " any more: its line in " + file +
            " may be removed where the file comes from; keep it apart for older backups";
  }
  command.print(text);
}

Result<void> rotate_master(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auto show = [](std::string_view next, uint64_t rows) {
    if (rows == 0) std::fprintf(stderr, "%.*s\n", static_cast<int>(next.size()), next.data());
  };
  const server::MasterRotation done = TRY(server::rotate_master_key(*s, operator_origin(), show));
  if (!command.is_json()) {
    tell(done, s->config.secrets.master_key_file, command);
    return {};
  }
  const auto list = [](JsonWriter& json, const char* name, const std::vector<std::string>& all) {
    json.key(name).begin_array();
    for (const std::string& one : all)
      json.value(one);
    json.end_array();
  };
  JsonWriter json;
  json.begin_object().field("key", done.key).field("rows", done.rows);
  list(json, "dropped", done.dropped);
  list(json, "kept_as", done.kept_as);
  list(json, "removable", done.removable);
  json.end_object();
  command.print(json);
  return {};
}

void add_master(CLI::App& group, Command& command) {
  CLI::App* master = group.add_subcommand(
      "master", "The key that seals secrets in the database: list, new, rotate");
  master->require_subcommand(1);
  for (const auto& [name, help, action] :
       {std::tuple("list", "List the master keys, and how many values each one seals",
                   &list_master),
        std::tuple("new", "Print a new line for the file of the master key", &new_master),
        std::tuple("rotate", "Seal everything with a new master key, while the server runs or not",
                   &rotate_master)}) {
    CLI::App* sub = master->add_subcommand(name, help);
    command.add_common(*sub);
    sub->callback([&command, action = action] {
      command.action = [&command, action] { return action(command); };
    });
  }
}

}  // namespace

void add_key(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("key", "Signing keys: list, rotate, retire; the master key");
  group->require_subcommand(1);
  CLI::App* listing = group->add_subcommand("list", "List the keys");
  command.add_common(*listing);
  listing->callback([&command] { command.action = [&command] { return list(command); }; });
  add_master(*group, command);
  CLI::App* rotating = group->add_subcommand(
      "rotate", "Sign with the next key; the old one verifies what it signed");
  command.add_common(*rotating);
  rotating->callback([&command] { command.action = [&command] { return rotate(command); }; });
  CLI::App* retiring =
      group->add_subcommand("retire", "Take a key away at once; what it signed is refused");
  command.add_common(*retiring);
  const auto kid = std::make_shared<std::string>();
  retiring->add_option("KID", *kid, "The key, as `authd key list` shows it")->required();
  retiring->callback(
      [&command, kid] { command.action = [&command, kid] { return retire(command, *kid); }; });
}

}  // namespace authd::cli
