// authd key list|rotate|retire, authd key master list|new|rotate
#include "auth/sessions/keyring.h"

#include <algorithm>
#include <cstdio>

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/tokens/id_token.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "cli/frame/names.h"
#include "server/data/master_key.h"

namespace authd::cli {
namespace {

Result<void> list(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auto keys = TRY(auth::current_keys(*s));
  command.print_list("keys", keys->keys, &api::write_key,
                     {"KID", "ALGORITHM", "STATE", "CREATED", "ACTIVE SINCE", "RETIRED"},
                     [](const auth::LoadedKey& key) {
                       const tables::SigningKeyRow& row = key.row;
                       return std::vector{row.kid,
                                          row.algorithm,
                                          std::string(auth::state_name(row.state)),
                                          time_text(row.created_at),
                                          time_text(row.activated_at),
                                          time_text(row.retired_at)};
                     });
  return {};
}

struct RotateFlags {
  std::string algorithm;  // empty: all
};

// Clients that still have the older key set refuse what the new key signs.
void warn_of_early_key(const auth::RotatedKey& key, const std::vector<tables::Client>& clients) {
  std::string names;
  for (const tables::Client& client : clients) {
    if (auth::id_token_algorithm(client) == key.algorithm)
      names += (names.empty() ? "" : ", ") + client.id;
  }
  const std::string algorithm(crypto::name(key.algorithm));
  std::fprintf(stderr,
               "authd: the new %s key was published less than 48 hours ago. Whoever cached the "
               "public keys before may refuse its tokens until they fetch them again%s%s\n",
               algorithm.c_str(),
               names.empty() ? "" : "; clients with ID tokens of this algorithm: ", names.c_str());
}

Result<void> rotate(Command& command, const RotateFlags& flags) {
  const auth::Services* s = TRY(command.services());
  std::optional<crypto::Algorithm> algorithm;
  if (!flags.algorithm.empty()) algorithm = crypto::parse_algorithm(flags.algorithm);
  const auto rotated = TRY(auth::rotate_keys(*s, algorithm, operator_origin()));
  const std::vector<tables::Client> clients = TRY(auth::list_clients(*s));
  for (const auth::RotatedKey& key : rotated) {
    if (key.is_early) warn_of_early_key(key, clients);
  }
  return list(command);
}

struct RetireFlags {
  std::string kid;
  bool is_sure = false;
};

Result<void> retire(Command& command, const RetireFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const auto keys = TRY(auth::current_keys(*s));
  const bool is_there =
      std::any_of(keys->keys.begin(), keys->keys.end(),
                  [&](const auth::LoadedKey& key) { return key.row.kid == flags.kid; });
  if (is_there) {
    TRY(confirm(flags.is_sure,
                "withdraw the key " + flags.kid + " and refuse every token that it signed"));
  }
  const Result<void> done = auth::withdraw_key(*s, flags.kid, operator_origin());
  if (!done) return with_near_key(*s, flags.kid, done.error());
  return list(command);
}

const char* state_of(const server::MasterKeyUse& key) {
  if (!key.is_held) return "missing";
  return key.seals ? "seals" : "opens";
}

Result<void> list_master(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auto uses = TRY(server::master_key_uses(*s));
  const std::string text =
      "master keys in " + s->config.secrets.master_key_file + "\n" +
      table_of({"KEY", "STATE", "VALUES"}, uses, [](const server::MasterKeyUse& key) {
        return std::vector{key.id, std::string(state_of(key)), std::to_string(key.values)};
      });
  command.print(text, [&](JsonWriter& json) {
    api::write_list(json, "keys", uses, [](JsonWriter& to, const server::MasterKeyUse& key) {
      to.begin_object()
          .field("id", key.id)
          .field("state", state_of(key))
          .field("values", key.values)
          .end_object();
    });
  });
  return {};
}

// Prints another line for the file. Standard output gets nothing else.
Result<void> new_master(Command& command) {
  const crypto::MasterKey key = crypto::MasterKey::generate(command.random());
  const SecretKey line = key.line();
  const std::string_view text = line.reveal();
  command.print(std::string(text), [&](JsonWriter& json) {
    const std::string_view without_end = text.substr(0, text.size() - 1);
    json.begin_object().field("id", key.id()).field("line", without_end).end_object();
  });
  return {};
}

std::string told(const server::MasterRotation& done, const std::string& file) {
  std::string text = "the master key " + done.key + " is now in use; " +
                     counted(done.rows, "row was", "rows were") + " re-sealed";
  for (const std::string& id : done.dropped)
    text += "\nThe key " + id + " is no longer in " + file;
  for (const std::string& kept : done.kept_as) {
    text += "\nOlder backups need it: it is in " + kept +
            "; delete that file when you no longer need those backups";
  }
  for (const std::string& id : done.removable) {
    text += "\nNothing is sealed with the key " + id +
            " any longer: its line may be removed from the source of " + file +
            "; keep it separately for older backups";
  }
  return text;
}

Result<void> rotate_master(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auto show = [](std::string_view next, uint64_t rows) {
    if (rows == 0) std::fprintf(stderr, "%.*s\n", static_cast<int>(next.size()), next.data());
  };
  const server::MasterRotation done = TRY(server::rotate_master_key(*s, operator_origin(), show));
  const auto list = [](JsonWriter& json, const char* name, const std::vector<std::string>& all) {
    json.key(name).begin_array();
    for (const std::string& one : all)
      json.value(one);
    json.end_array();
  };
  command.print(told(done, s->config.secrets.master_key_file), [&](JsonWriter& json) {
    json.begin_object().field("key", done.key).field("rows", done.rows);
    list(json, "dropped", done.dropped);
    list(json, "kept_as", done.kept_as);
    list(json, "removable", done.removable);
    json.end_object();
  });
  return {};
}

void add_master(const Subcommand& group, Command& command) {
  const Subcommand master =
      make_group(group, "master", "The key that seals secrets in the database: list, new, rotate");
  for (const auto& [name, help, action] :
       {std::tuple("list", "List the master keys, and how many values each one seals",
                   &list_master),
        std::tuple("new", "Print a new line for the file of the master key", &new_master),
        std::tuple("rotate", "Seal everything with a new master key, while the server runs or not",
                   &rotate_master)}) {
    set_action(master.add_subcommand(name, help), command, action);
  }
}

}  // namespace

void add_key(const Subcommand& app, Command& command) {
  Group<RetireFlags> group(app, command, "key",
                           "Signing keys: list, rotate, retire; the master key");
  set_action(group.app().add_subcommand("list", "List the keys"), command, &list);
  add_master(group.app(), command);
  const auto rotate_flags = std::make_shared<RotateFlags>();
  const Subcommand rotating = group.app().add_subcommand(
      "rotate", "Sign with the next keys; the old ones verify what they signed");
  rotating.add_option("--algorithm", rotate_flags->algorithm, "Only the keys of this algorithm")
      .check(one_of({"RS256", "ES256", "EdDSA", "HS256"}));
  set_action(rotating, command, rotate_flags, &rotate);
  const Subcommand retiring =
      group.add("retire", "Withdraw a key at once; whatever it signed is refused", &retire);
  retiring.add_option("KID", group.flags->kid, "The key, as `authd key list` shows it").required();
  retiring.add_flag("--yes", group.flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
