// authd user passkey list|rename|remove
#include "auth/accounts/changes/passkeys.h"

#include "auth/accounts/passkeys/relying_party.h"
#include "base/encoding.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

struct PasskeyFlags {
  std::string who;
  std::string passkey;
  std::string name;
  bool is_sure = false;
};

std::string id_of(const tables::Passkey& passkey) {
  return base64url_encode(passkey.id_hash);
}

Result<void> print_of(Command& command, const auth::Services& s, const tables::User& user) {
  const std::vector<tables::Passkey> all = TRY(auth::list_passkeys(s, user.id));
  command.print_list("passkeys", all, &api::write_passkey,
                     {"ID", "NAME", "KIND", "FOR", "CREATED", "LAST USED"},
                     [](const tables::Passkey& passkey) {
                       const bool is_whole = auth::is_whole_login(passkey);
                       return std::vector{id_of(passkey),
                                          passkey.name,
                                          std::string(is_whole ? "passkey" : "security key"),
                                          passkey.rp_id,
                                          time_text(passkey.created_at),
                                          time_text(passkey.last_used)};
                     });
  return {};
}

Result<void> list(Command& command, const PasskeyFlags& flags) {
  const auth::Services* s = TRY(command.services());
  return print_of(command, *s, TRY(find_user(*s, flags.who)));
}

Result<std::string> hash_of(const auth::Services& s, const tables::User& user,
                            const std::string& id) {
  const auto hash = base64url_decode(id);
  const std::vector<tables::Passkey> all = TRY(auth::list_passkeys(s, user.id));
  for (const tables::Passkey& one : all) {
    if (hash && one.id_hash == *hash) return one.id_hash;
  }
  return Error{ErrorCode::not_found, named(user) + " has no passkey with the id \"" + id +
                                         "\"; `authd user passkey list` shows them"};
}

Result<void> rename(Command& command, const PasskeyFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  const std::string hash = TRY(hash_of(*s, user, flags.passkey));
  TRY(from_arguments(auth::rename_user_passkey(*s, user.id, hash, flags.name)));
  return print_of(command, *s, user);
}

Result<void> remove(Command& command, const PasskeyFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  const std::string hash = TRY(hash_of(*s, user, flags.passkey));
  TRY(confirm(flags.is_sure, "remove the passkey of " + named(user) + " and end all sessions"));
  TRY(auth::remove_user_passkey(*s, user.id, hash, operator_origin()));
  return print_of(command, *s, user);
}

}  // namespace

void add_passkey(const Subcommand& user, Command& command) {
  Group<PasskeyFlags> group(user, command, "passkey",
                            "The passkeys and security keys of an account: list, rename, remove");
  const auto& flags = group.flags;
  const auto sub = [&](const char* name, const char* help, auto action) {
    const Subcommand one = group.add(name, help, action);
    one.add_option("USER", flags->who, kUserHelp).required();
    return one;
  };
  sub("list", "List them", &list);
  const Subcommand renaming = sub("rename", "Change the name that people see", &rename);
  renaming.add_option("ID", flags->passkey, "The id in the list").required();
  renaming.add_option("NAME", flags->name, "The new name").required();
  const Subcommand removing = sub("remove", "Remove one that was lost; ends all sessions", &remove);
  removing.add_option("ID", flags->passkey, "The id in the list").required();
  removing.add_flag("--yes", flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
