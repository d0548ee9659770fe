#include "auth/sessions/roles.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/refusals.h"
#include "base/refusal.h"
#include "base/text.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr const char* kRoleCounter = "role_id";
constexpr size_t kMaxName = 64;
constexpr size_t kMaxDescription = 500;

bool is_permission(std::string_view text) {
  return is_lower_name(text, "._-:") && text.size() <= kMaxName;
}

Result<void> check_role(const tables::Role& role) {
  if (!is_role_name(role.name)) {
    return Error{ErrorCode::invalid, "A role name has 1 to 64 of the letters a-z, digits and . _ -",
                 "name"};
  }
  if (role.description.size() > kMaxDescription) {
    return Error{ErrorCode::invalid, "The description is longer than 500 bytes.", "description"};
  }
  if (role.permissions.size() <= kMaxPermissionsPerRole &&
      std::all_of(role.permissions.begin(), role.permissions.end(), &is_permission)) {
    return {};
  }
  return Error{ErrorCode::invalid,
               "A permission has 1 to 64 of the letters a-z, digits and . _ - : and a role has at "
               "most 256.",
               "permissions"};
}

// The row gets its id. The caller checked it, and that the name is free.
tables::Role insert_role(const Services& s, store::WriteTxn& tx, tables::Role role,
                         const Origin& origin, Time now) {
  role.id = RoleId{tables::next_number(tx, kRoleCounter)};
  role.created_at = now;
  tables::insert_role(tx, role);
  audit(s, tx, origin, {"role_added", std::nullopt, "ok", role.name}, now);
  return role;
}

// Looked at before the write, which cannot scan. Ids are never used again, so they say nothing.
Result<bool> are_roles_full(const Services& s) {
  return TRY(list_roles(s)).size() >= kMaxRoles;
}

Error too_many_roles() {
  return Error{ErrorCode::invalid, "There are already 1000 roles, which is the maximum."};
}

// An API key must not be able to raise what it may do itself.
Result<void> check_role_reach(store::Reader& tx, const Origin& origin, const tables::Role& role) {
  if (!origin.by_api_key) return {};
  const auto user = origin.actor ? tables::find_user(tx, *origin.actor) : std::nullopt;
  const bool is_own = !user || std::find(user->role_ids.begin(), user->role_ids.end(),
                                         role.id.value) != user->role_ids.end();
  if (!is_own) return {};
  return refused(ErrorCode::forbidden, "beyond_api_key",
                 "An API key changes no role of the user whom it belongs to: sign in to do this.");
}

Result<void> store_role(const Services& s, store::WriteTxn& tx, const tables::Role& role,
                        const Origin& origin, Time now) {
  TRY(check_role_reach(tx, origin, role));
  tables::roles.put(tx, role);
  audit(s, tx, origin, {"role_changed", std::nullopt, "ok", role.name}, now);
  return {};
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
  tables::Role role;
  role.name = name;
  role.description = description;
  role.permissions = permissions;
  TRY(check_role(role));
  const bool is_full = TRY(are_roles_full(s));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Role> {
    if (tables::find_role_by_name(tx, name)) {
      return Error{ErrorCode::conflict, "A role \"" + std::string(name) + "\" already exists.",
                   "name"};
    }
    if (is_full) return too_many_roles();
    return insert_role(s, tx, role, origin, now);
  });
}

Result<Put<tables::Role>> look_at_role(store::Reader& tx, const tables::Role& wanted) {
  TRY(check_role(wanted));
  Put<tables::Role> put;
  put.before = tables::find_role_by_name(tx, wanted.name);
  put.row = put.before.value_or(wanted);
  put.row.description = wanted.description;
  put.row.permissions = wanted.permissions;
  const bool is_same = put.before && put.before->description == wanted.description &&
                       put.before->permissions == wanted.permissions;
  put.outcome = !put.before ? PutOutcome::made : is_same ? PutOutcome::same : PutOutcome::changed;
  return put;
}

Result<Put<tables::Role>> put_role(const Services& s, const tables::Role& wanted,
                                   const Origin& origin) {
  TRY(check_role(wanted));
  TRY(check_key_grants(origin, wanted.name));
  const bool is_full = TRY(are_roles_full(s));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Put<tables::Role>> {
    Put<tables::Role> put = TRY(look_at_role(tx, wanted));
    if (put.outcome == PutOutcome::made && is_full) return too_many_roles();
    if (put.outcome == PutOutcome::made) put.row = insert_role(s, tx, wanted, origin, now);
    if (put.outcome == PutOutcome::changed) TRY(store_role(s, tx, put.row, origin, now));
    return put;
  });
}

Result<Put<tables::Role>> change_role(const Services& s, std::string_view name,
                                      const RoleChange& change, const Origin& origin) {
  TRY(check_key_grants(origin, name));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Put<tables::Role>> {
    std::optional<tables::Role> wanted = tables::find_role_by_name(tx, name);
    if (!wanted) return no_such_role(name);
    if (change.description) wanted->description = *change.description;
    if (change.permissions) wanted->permissions = *change.permissions;
    Put<tables::Role> put = TRY(look_at_role(tx, *wanted));
    if (put.outcome == PutOutcome::changed) TRY(store_role(s, tx, put.row, origin, now));
    return put;
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
