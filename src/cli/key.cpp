// authd key list|rotate|retire
#include "auth/keyring.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace authd::cli {
namespace {

std::string state_name(tables::KeyState state) {
  switch (state) {
    case tables::KeyState::next: return "next";
    case tables::KeyState::active: return "active";
    case tables::KeyState::retired: return "retired";
  }
  __builtin_unreachable();
}

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
        .field("state", state_name(row.state))
        .field("created_at", time(row.created_at))
        .field("activated_at", time(row.activated_at))
        .field("retired_at", time(row.retired_at))
        .end_object();
    rows.push_back({row.kid, row.algorithm, state_name(row.state), time(row.created_at),
                    time(row.activated_at), time(row.retired_at)});
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

}  // namespace

void add_key(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("key", "Signing keys: list, rotate, retire");
  group->require_subcommand(1);
  CLI::App* listing = group->add_subcommand("list", "List the keys");
  command.add_common(*listing);
  listing->callback([&command] { command.action = [&command] { return list(command); }; });
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
