// authd role add|list|grant|revoke
#include "api/render.h"
#include "auth/accounts/role_grants.h"
#include "auth/sessions/roles.h"

#include <CLI/CLI.hpp>

#include "auth/accounts/accounts.h"
#include "cli/commands.h"

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
  JsonWriter json;
  api::write_role(json, role);
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print("role " + role.name + " is made");
  }
  return {};
}

Result<void> list(Command& command, const RoleFlags&) {
  const auth::Services* s = TRY(command.services());
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const tables::Role& role : TRY(auth::list_roles(*s))) {
    api::write_role(json, role);
    std::string permissions;
    for (const std::string& one : role.permissions)
      permissions += (permissions.empty() ? "" : ",") + one;
    rows.push_back({std::to_string(role.id.value), role.name, permissions, role.description});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"ID", "NAME", "PERMISSIONS", "DESCRIPTION"}, rows));
  }
  return {};
}

Result<void> move(Command& command, const RoleFlags& flags, bool grants) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, flags.who));
  const auto last = flags.is_forced ? auth::LastAdmin::may_go : auth::LastAdmin::stays;
  const bool changed = TRY(
      grants ? auth::grant_role(*s, user.id, flags.name, operator_origin())
             : or_name_force(auth::revoke_role(*s, user.id, flags.name, operator_origin(), last)));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object()
        .field("user", user.id.value)
        .field("role", flags.name)
        .field("granted", grants)
        .field("changed", changed)
        .end_object();
    command.print(json);
  } else {
    command.print(std::string("user ") + std::to_string(user.id.value) +
                  (grants ? " has the role " : " has no longer the role ") + flags.name +
                  (changed ? "" : " (as before)"));
  }
  return {};
}

}  // namespace

void add_role(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("role", "Roles: add, list, grant, revoke");
  group->require_subcommand(1);
  const auto flags = std::make_shared<RoleFlags>();
  const auto sub = [&](const char* name, const char* help, auto action) {
    CLI::App* one = group->add_subcommand(name, help);
    command.add_common(*one);
    one->callback([&command, flags, action] {
      command.action = [&command, flags, action] { return action(command, *flags); };
    });
    return one;
  };
  CLI::App* adding = sub("add", "Make a role", &add);
  adding->add_option("NAME", flags->name, "Its name")->required();
  adding->add_option("--description", flags->description, "What it is for");
  adding->add_option("--permission", flags->permissions, "A permission; may be repeated");
  sub("list", "List roles", &list);
  for (const bool grants : {true, false}) {
    CLI::App* one =
        sub(grants ? "grant" : "revoke", grants ? "Give a user a role" : "Take a role from a user",
            [grants](Command& c, const RoleFlags& f) { return move(c, f, grants); });
    one->add_option("USER", flags->who, kUserHelp)->required();
    one->add_option("ROLE", flags->name, "The role's name")->required();
    if (!grants) one->add_flag("--force", flags->is_forced, kForceHelp);
  }
}

}  // namespace authd::cli
