// authd role add|set|list|show|grant|revoke|delete
#include "auth/accounts/roles/role_grants.h"
#include "auth/accounts/roles/role_removal.h"
#include "auth/sessions/roles.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

struct RoleFlags {
  std::string name;
  std::string who;
  std::string description;
  std::vector<std::string> permissions;
  // Of `role set`.
  std::optional<std::string> new_description;
  std::vector<std::string> added;
  std::vector<std::string> removed;
  bool has_none = false;
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

// The permissions after the change; nullopt if nothing is said about them.
Result<std::optional<std::vector<std::string>>> new_permissions(const tables::Role& role,
                                                                const RoleFlags& flags) {
  const bool is_moved = !flags.added.empty() || !flags.removed.empty();
  const int ways =
      (flags.has_none ? 1 : 0) + (is_moved ? 1 : 0) + (flags.permissions.empty() ? 0 : 1);
  if (ways > 1) {
    return Error{ErrorCode::usage,
                 "use --permission, --no-permissions, or --add-permission and --remove-permission"};
  }
  using Permissions = std::optional<std::vector<std::string>>;
  if (flags.has_none) return Permissions(std::vector<std::string>{});
  if (!flags.permissions.empty()) return Permissions(flags.permissions);
  if (!is_moved) return Permissions();
  std::vector<std::string> all = role.permissions;
  for (const std::string& one : flags.removed) {
    if (std::erase(all, one) > 0) continue;
    return Error{ErrorCode::not_found, "the role " + role.name + " has no permission \"" + one +
                                           "\"" + did_you_mean(nearest_of(one, all))};
  }
  for (const std::string& one : flags.added) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
  return Permissions(all);
}

Result<void> set(Command& command, const RoleFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const Result<auth::RoleView> view = auth::view_role(*s, flags.name);
  if (!view) return with_near_role(*s, flags.name, view.error());
  auth::RoleChange change;
  change.description = flags.new_description;
  change.permissions = TRY(new_permissions(view->role, flags));
  if (!change.description && !change.permissions) {
    return Error{ErrorCode::usage, "say what to change; see authd role set --help"};
  }
  const auto put =
      TRY(from_arguments(auth::change_role(*s, flags.name, change, operator_origin())));
  const bool is_same = put.outcome == auth::PutOutcome::same;
  command.print("role " + flags.name + " is " + (is_same ? "as before" : "changed"),
                [&](JsonWriter& json) { api::write_role(json, put.row); });
  return {};
}

Result<void> remove(Command& command, const RoleFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const Result<auth::RoleView> view = auth::view_role(*s, flags.name);
  if (!view) return with_near_role(*s, flags.name, view.error());
  TRY(confirm(flags.is_sure, "delete the role " + flags.name + ", which " +
                                 counted(view->members, "user has", "users have")));
  const uint64_t count = TRY(auth::delete_role(*s, flags.name, operator_origin()));
  const std::string text =
      "role " + flags.name + " is deleted; " + counted(count, "user") + " had it";
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().field("deleted", flags.name).field("users", count).end_object();
  });
  return {};
}

}  // namespace

void add_role(const Subcommand& app, Command& command) {
  Group<RoleFlags> group(app, command, "role",
                         "Roles: add, set, list, show, grant, revoke, delete");
  const auto& flags = group.flags;
  const Subcommand adding = group.add("add", "Create a role", &add);
  adding.add_option("NAME", flags->name, "Its name").required();
  adding.add_option("--description", flags->description, "What it is for");
  adding.add_option("--permission", flags->permissions, "A permission; may be repeated");
  const Subcommand setting = group.add("set", "Change a role (also: role edit)", &set);
  setting.alias("edit");
  setting.add_option("ROLE", flags->name, "The role's name").required();
  setting.add_option("--description", flags->new_description, "What it is for");
  setting
      .add_option("--permission", flags->permissions,
                  "A permission, in place of all that it has; may be repeated")
      .one_value_each();
  setting.add_option("--add-permission", flags->added, "Add a permission; may be repeated")
      .one_value_each();
  setting.add_option("--remove-permission", flags->removed, "Remove a permission; may be repeated")
      .one_value_each();
  setting.add_flag("--no-permissions", flags->has_none, "Remove all its permissions");
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
