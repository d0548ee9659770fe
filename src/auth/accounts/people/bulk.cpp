#include "auth/accounts/people/bulk.h"

#include <algorithm>
#include <optional>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/core/key_reach.h"
#include "auth/core/refusals.h"
#include "base/refusal.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr struct {
  std::string_view word;
  BulkAction action;
} kActions[] = {{"disable", BulkAction::disable},
                {"enable", BulkAction::enable},
                {"delete", BulkAction::remove},
                {"grant_role", BulkAction::grant},
                {"revoke_role", BulkAction::revoke}};

bool is_of_role(BulkAction action) {
  return action == BulkAction::grant || action == BulkAction::revoke;
}

// Whether it takes an administrator away, if they are one.
bool takes_admin(const BulkChange& change) {
  switch (change.action) {
    case BulkAction::disable:
    case BulkAction::remove: return true;
    case BulkAction::revoke: return change.role == kAdminRole;
    case BulkAction::enable:
    case BulkAction::grant: return false;
  }
  return false;
}

bool has_role(const tables::User& user, RoleId role) {
  return std::find(user.role_ids.begin(), user.role_ids.end(), role.value) != user.role_ids.end();
}

// Whether the change would change this account.
bool is_news(store::Reader& tx, const BulkChange& change, const tables::User& user) {
  const auto role = is_of_role(change.action) ? tables::find_role_by_name(tx, change.role)
                                              : std::optional<tables::Role>{};
  switch (change.action) {
    case BulkAction::disable: return !user.disabled;
    case BulkAction::enable: return user.disabled;
    case BulkAction::remove: return true;
    case BulkAction::grant: return role && !has_role(user, role->id);
    case BulkAction::revoke: return role && has_role(user, role->id);
  }
  return false;
}

}  // namespace

Result<BulkAction> parse_bulk_action(std::string_view word) {
  std::string known;
  for (const auto& one : kActions) {
    if (one.word == word) return one.action;
    known += (known.empty() ? "" : ", ") + std::string(one.word);
  }
  return Error{ErrorCode::invalid, "\"action\" must be one of: " + known + ".", "action"};
}

Result<void> check_bulk_change(const Services& s, const BulkChange& change) {
  if (!is_of_role(change.action)) {
    if (change.role.empty()) return {};
    return Error{ErrorCode::invalid, "\"role\" is allowed only with grant_role and revoke_role.",
                 "role"};
  }
  if (change.role.empty()) return Error{ErrorCode::invalid, "A role is needed.", "role"};
  return s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    if (tables::find_role_by_name(tx, change.role)) return {};
    return Error{ErrorCode::invalid, "There is no role with this name.", "role"};
  });
}

Result<bool> Bulk::apply(UserId user) {
  if (user == origin_.actor && takes_admin(change_)) {
    return refused(ErrorCode::conflict, "own_account",
                   "This is your own account: change it by itself, not together with others.");
  }
  const bool changes = TRY(look(user));
  if (change_.is_dry_run || !changes) return changes;
  switch (change_.action) {
    case BulkAction::disable: TRY(set_disabled(s_, user, true, origin_, change_.last)); return true;
    case BulkAction::enable: TRY(set_disabled(s_, user, false, origin_)); return true;
    case BulkAction::remove: TRY(delete_account(s_, user, origin_, change_.last)); return true;
    case BulkAction::grant: return grant_role(s_, user, change_.role, origin_);
    case BulkAction::revoke: return revoke_role(s_, user, change_.role, origin_, change_.last);
  }
  return false;
}

// What can be known without a write; a change that comes in between is found by the write.
Result<bool> Bulk::look(UserId id) {
  if (change_.action == BulkAction::grant) TRY(check_key_grants(origin_, change_.role));
  const bool changes = TRY(s_.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin_, *user));
    if (change_.action == BulkAction::grant && is_news(tx, change_, *user) &&
        user->role_ids.size() >= tables::kMaxRolesPerUser) {
      return Error{ErrorCode::invalid, "A user has at most 32 roles.", "role"};
    }
    return is_news(tx, change_, *user);
  }));
  if (!change_.is_dry_run || !changes || !takes_admin(change_)) return changes;
  TRY(find_admin_witness(s_, id, change_.last, gone_));
  gone_.insert(id);
  return changes;
}

}  // namespace authd::auth
