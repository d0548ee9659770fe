#include "auth/accounts/roles/role_removal.h"

#include <algorithm>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/refusals.h"
#include "auth/sessions/roles.h"
#include "base/refusal.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kBatch = 500;  // users that are found at a time

Result<std::vector<UserId>> members_of(const Services& s, RoleId role) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<UserId>> {
    std::vector<UserId> found;
    tables::scan_members(tx, role, UserId{}, [&](const tables::User& user) {
      found.push_back(user.id);
      return found.size() < kBatch;
    });
    return found;
  });
}

// The role of a user who is gone, or who has it no more, needs nothing.
Result<void> take_from(const Services& s, UserId id, const tables::Role& role,
                       const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user || !take_role(*user, role.id)) return {};
    user->updated_at = now;
    tables::put_user(tx, *user);
    audit(s, tx, origin, {"role_revoked", id, "ok", role.name}, now);
    return {};
  });
}

Result<uint64_t> take_from_all(const Services& s, const tables::Role& role, const Origin& origin) {
  uint64_t count = 0;
  for (auto members = TRY(members_of(s, role.id)); !members.empty();
       members = TRY(members_of(s, role.id))) {
    for (const UserId id : members)
      TRY(take_from(s, id, role, origin));
    count += members.size();
  }
  return count;
}

}  // namespace

Result<RoleView> view_role(const Services& s, std::string_view name) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<RoleView> {
    std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    if (!role) return no_such_role(name);
    RoleView view;
    tables::scan_members(tx, role->id, UserId{}, [&](const tables::User&) {
      ++view.members;
      return true;
    });
    view.role = std::move(*role);
    return view;
  });
}

Result<void> check_role_is_small(const Services& s, std::string_view name) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    if (!role) return no_such_role(name);
    size_t members = 0;
    tables::scan_members(tx, role->id, UserId{},
                         [&](const tables::User&) { return ++members <= kMaxRemovedMembers; });
    if (members <= kMaxRemovedMembers) return {};
    return refused(ErrorCode::conflict, "role_in_use",
                   "More than 100 users have this role: use the command `authd role delete`.");
  });
}

Result<uint64_t> delete_role(const Services& s, std::string_view name, const Origin& origin) {
  if (name == kUserRole || name == kAdminRole) {
    return Error{ErrorCode::forbidden,
                 "The roles \"user\" and \"admin\" cannot be deleted: authd itself needs them."};
  }
  const tables::Role role = TRY(view_role(s, name)).role;
  uint64_t count = TRY(take_from_all(s, role, origin));
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (!tables::find_role(tx, role.id)) return no_such_role(name);
    tables::remove_role(tx, role);
    audit(s, tx, origin, {"role_deleted", std::nullopt, "ok", role.name}, now);
    return {};
  }));
  // Somebody may have been granted it a moment before it was gone.
  count += TRY(take_from_all(s, role, origin));
  return count;
}

}  // namespace authd::auth
