#include "auth/sessions/roles.h"

#include <algorithm>

#include "auth/core/audit.h"
#include "base/text.h"
#include "tables/roles.h"

namespace authd::auth {
namespace {

constexpr const char* kRoleCounter = "role_id";
constexpr size_t kMaxName = 64;
constexpr size_t kMaxDescription = 500;

bool is_permission(std::string_view text) {
  return is_lower_name(text, "._-:") && text.size() <= kMaxName;
}

}  // namespace

void load_roles(store::Reader& tx, const tables::User& user, std::vector<std::string>& names,
                std::vector<std::string>& permissions, uint64_t grants) {
  names.clear();
  permissions.clear();
  for (size_t i = 0; i < user.role_ids.size(); ++i) {
    const uint64_t since = i < user.role_since.size() ? user.role_since[i] : 0;
    if (since > grants) continue;
    std::optional<tables::Role> role = tables::find_role(tx, RoleId{user.role_ids[i]});
    if (!role) continue;  // A deleted role grants nothing.
    names.push_back(std::move(role->name));
    for (std::string& permission : role->permissions) {
      if (std::find(permissions.begin(), permissions.end(), permission) == permissions.end()) {
        permissions.push_back(std::move(permission));
      }
    }
  }
}

void give_role(tables::User& user, RoleId role) {
  user.role_since.resize(user.role_ids.size());  // Roles from before there was this list have 0.
  user.role_ids.push_back(role.value);
  user.role_grants += 1;
  user.role_since.push_back(user.role_grants);
}

bool take_role(tables::User& user, RoleId role) {
  const auto found = std::find(user.role_ids.begin(), user.role_ids.end(), role.value);
  if (found == user.role_ids.end()) return false;
  user.role_since.resize(user.role_ids.size());
  user.role_since.erase(user.role_since.begin() + (found - user.role_ids.begin()));
  user.role_ids.erase(found);
  return true;
}

Result<void> ensure_roles(const Services& s) {
  const Time now = s.clock.now();
  const bool there = TRY(s.store.read([](store::ReadTxn& tx) -> Result<bool> {
    return tables::find_role_by_name(tx, kUserRole) && tables::find_role_by_name(tx, kAdminRole);
  }));
  if (there) return {};
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (const auto& [name, description] : {std::pair(kUserRole, "Every account"),
                                            std::pair(kAdminRole, "Administers this server")}) {
      if (tables::find_role_by_name(tx, name)) continue;
      tables::Role role;
      role.id = RoleId{tables::next_number(tx, kRoleCounter)};
      role.name = name;
      role.description = description;
      role.created_at = now;
      tables::insert_role(tx, role);
    }
    return {};
  });
}

Result<tables::Role> add_role(const Services& s, std::string_view name,
                              std::string_view description,
                              const std::vector<std::string>& permissions, const Origin& origin) {
  if (!is_role_name(name)) {
    return Error{ErrorCode::invalid, "A role name has 1 to 64 of the letters a-z, digits and . _ -",
                 "name"};
  }
  if (description.size() > kMaxDescription) {
    return Error{ErrorCode::invalid, "The description is longer than 500 bytes.", "description"};
  }
  if (permissions.size() > kMaxPermissionsPerRole ||
      !std::all_of(permissions.begin(), permissions.end(), &is_permission)) {
    return Error{
        ErrorCode::invalid,
        "A permission has 1 to 64 of the letters a-z, digits and . _ - : and a role has at "
        "most 256.",
        "permissions"};
  }
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Role> {
    if (tables::find_role_by_name(tx, name)) {
      return Error{ErrorCode::conflict, "A role \"" + std::string(name) + "\" already exists.",
                   "name"};
    }
    tables::Role role;
    role.id = RoleId{tables::next_number(tx, kRoleCounter)};
    if (role.id.value > kMaxRoles) {
      return Error{ErrorCode::invalid, "There are already 1000 roles, which is the maximum."};
    }
    role.name = name;
    role.description = description;
    role.permissions = permissions;
    role.created_at = now;
    tables::insert_role(tx, role);
    audit(s, tx, origin, {"role_added", UserId{}, "ok", name}, now);
    return role;
  });
}

Result<std::vector<tables::Role>> list_roles(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<std::vector<tables::Role>> {
    std::vector<tables::Role> found;
    tables::roles.scan(tx, "", "", [&](std::string_view, tables::Role role) {
      found.push_back(std::move(role));
      return true;
    });
    return found;
  });
}

}  // namespace authd::auth
