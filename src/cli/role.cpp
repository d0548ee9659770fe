// authd role add|list|show|grant|revoke|delete
#include "auth/accounts/role_grants.h"
#include "auth/accounts/role_removal.h"
#include "auth/sessions/roles.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/group.h"
#include "cli/names.h"

namespace authd::cli {
namespace {

struct RoleFlags {
  std::string name;
  std::string who;
  std::string description;
  std::vector<std::string> permissions;
  bool is_forced = false;
  bool is_sure = false;
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
  const tables::User user = TRY(find_user(*s, flags.who));
  const auto last = flags.is_forced ? auth::LastAdmin::may_go : auth::LastAdmin::stays;
  const Result<bool> done =
      grants ? auth::grant_role(*s, user.id, flags.name, operator_origin())
             : or_name_force(auth::revoke_role(*s, user.id, flags.name, operator_origin(), last));
  if (!done) return with_near_role(*s, flags.name, done.error());
  const bool changed = *done;
  const std::string text = printable(named(user)) +
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

Result<void> show(Command& command, const RoleFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const Result<auth::RoleView> view = auth::view_role(*s, flags.name);
  if (!view) return with_near_role(*s, flags.name, view.error());
  const tables::Role& role = view->role;
  const std::string text = "id:           " + std::to_string(role.id.value) +
                           "\nname:         " + role.name +
                           "\ndescription:  " + printable(role.description) +
                           "\npermissions:  " + joined(role.permissions, ", ") +
                           "\nusers:        " + std::to_string(view->members) +
                           "\ncreated:      " + time_text(role.created_at);
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().key("role");
    api::write_role(json, role);
    json.field("users", view->members).end_object();
  });
  return {};
}

Result<void> remove(Command& command, const RoleFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const Result<auth::RoleView> view = auth::view_role(*s, flags.name);
  if (!view) return with_near_role(*s, flags.name, view.error());
  TRY(confirm(flags.is_sure, "delete the role " + flags.name + ", which " +
                                 std::to_string(view->members) + " users have"));
  const uint64_t count = TRY(auth::delete_role(*s, flags.name, operator_origin()));
  const std::string text =
      "role " + flags.name + " is deleted; " + std::to_string(count) + " users had it";
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().field("deleted", flags.name).field("users", count).end_object();
  });
  return {};
}

}  // namespace

void add_role(const Subcommand& app, Command& command) {
  Group<RoleFlags> group(app, command, "role", "Roles: add, list, show, grant, revoke, delete");
  const auto& flags = group.flags;
  const Subcommand adding = group.add("add", "Create a role", &add);
  adding.add_option("NAME", flags->name, "Its name").required();
  adding.add_option("--description", flags->description, "What it is for");
  adding.add_option("--permission", flags->permissions, "A permission; may be repeated");
  group.add("list", "List roles", &list);
  group.add("show", "Show a role and how many users have it", &show)
      .add_option("ROLE", flags->name, "The role's name")
      .required();
  for (const bool grants : {true, false}) {
    const Subcommand one = group.add(
        grants ? "grant" : "revoke", grants ? "Give a user a role" : "Remove a role from a user",
        [grants](Command& c, const RoleFlags& f) { return move(c, f, grants); });
    one.add_option("USER", flags->who, kUserHelp).required();
    one.add_option("ROLE", flags->name, "The role's name").required();
    if (!grants) one.add_flag("--force", flags->is_forced, kForceHelp);
  }
  const Subcommand removing =
      group.add("delete", "Take a role from everybody and delete it", &remove);
  removing.add_option("ROLE", flags->name, "The role's name").required();
  removing.add_flag("--yes", flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
