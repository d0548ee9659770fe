// authd role add|list|grant|revoke
#include "auth/accounts/role_grants.h"
#include "auth/sessions/roles.h"

#include "auth/accounts/accounts.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/group.h"

namespace authd::cli {
namespace {

struct RoleFlags {
  std::string name;
  std::string who;
  std::string description;
  std::vector<std::string> permissions;
  bool is_forced = false;
};

Result<void> add(Command& command, const RoleFlags& flags) {
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const tables::Role role = TRY(from_arguments(
      auth::add_role(*s, flags.name, flags.description, flags.permissions, operator_origin())));
  command.print("role " + role.name + " is created",
                [&](JsonWriter& json) { api::write_role(json, role); });
  return {};
}

Result<void> list(Command& command, const RoleFlags&) {
  const auth::Services* s = TRY(command.services());
  command.print_list("roles", TRY(auth::list_roles(*s)), &api::write_role,
                     {"ID", "NAME", "PERMISSIONS", "DESCRIPTION"}, [](const tables::Role& role) {
                       return std::vector{std::to_string(role.id.value), role.name,
                                          joined(role.permissions, ","), role.description};
                     });
  return {};
}

Result<void> move(Command& command, const RoleFlags& flags, bool grants) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, flags.who));
  const auto last = flags.is_forced ? auth::LastAdmin::may_go : auth::LastAdmin::stays;
  const bool changed = TRY(
      grants ? auth::grant_role(*s, user.id, flags.name, operator_origin())
             : or_name_force(auth::revoke_role(*s, user.id, flags.name, operator_origin(), last)));
  const std::string text = "user " + std::to_string(user.id.value) +
                           (grants ? " has the role " : " no longer has the role ") + flags.name +
                           (changed ? "" : " (as before)");
  command.print(text, [&](JsonWriter& json) {
    json.begin_object()
        .field("user", user.id.value)
        .field("role", flags.name)
        .field("granted", grants)
        .field("changed", changed)
        .end_object();
  });
  return {};
}

}  // namespace

void add_role(CLI::App& app, Command& command) {
  Group<RoleFlags> group(app, command, "role", "Roles: add, list, grant, revoke");
  const auto& flags = group.flags;
  CLI::App* adding = group.add("add", "Create a role", &add);
  adding->add_option("NAME", flags->name, "Its name")->required();
  adding->add_option("--description", flags->description, "What it is for");
  adding->add_option("--permission", flags->permissions, "A permission; may be repeated");
  group.add("list", "List roles", &list);
  for (const bool grants : {true, false}) {
    CLI::App* one = group.add(
        grants ? "grant" : "revoke", grants ? "Give a user a role" : "Remove a role from a user",
        [grants](Command& c, const RoleFlags& f) { return move(c, f, grants); });
    one->add_option("USER", flags->who, kUserHelp)->required();
    one->add_option("ROLE", flags->name, "The role's name")->required();
    if (!grants) one->add_flag("--force", flags->is_forced, kForceHelp);
  }
}

}  // namespace authd::cli
