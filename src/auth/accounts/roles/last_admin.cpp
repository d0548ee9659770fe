#include "auth/accounts/roles/last_admin.h"

#include <algorithm>

#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/login_rules.h"
#include "auth/sessions/roles.h"
#include "base/refusal.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// 0, which no role has, if there is no such role.
uint64_t admin_role(store::Reader& tx) {
  const std::optional<tables::Role> role = tables::find_role_by_name(tx, kAdminRole);
  return role ? role->id.value : 0;
}

bool is_active_admin(const tables::User& user, uint64_t role) {
  const auto& ids = user.role_ids;
  return !user.disabled && std::find(ids.begin(), ids.end(), role) != ids.end();
}

// An administrator who cannot sign in does not count: one with an email that must be confirmed but
// never was, one without a required second factor or with one that cannot be used here, or one with
// neither a password, nor an address to mail one to, nor a passkey.
bool can_take_over(const Services& s, store::Reader& tx, const tables::User& user, uint64_t role) {
  if (!is_active_admin(user, role) || !check_may_log_in(s.config, user)) return false;
  if (usable_passkeys(s.config, user) > 0) return true;
  const bool has_key = user.security_keys > 0;
  const bool keys_work = why_no_passkeys(s.config).empty();
  if (needs_passkey(s.config, tx, user) && !(has_key && keys_work)) return false;
  const bool has_dead_key = has_key && !keys_work && !user.mfa_enabled;
  return !has_dead_key && methods_needed(s.config, tx, user) &&
         !(user.password_hash.empty() && user.email.empty());
}

}  // namespace

Result<AdminWitness> find_admin_witness(const Services& s, UserId user, LastAdmin last,
                                        const std::set<UserId>& gone) {
  AdminWitness witness{last, {}, nullptr};
  if (last == LastAdmin::may_go) return witness;
  return s.store.read([&](store::ReadTxn& tx) -> Result<AdminWitness> {
    witness.other.reset();
    const uint64_t role = admin_role(tx);
    const std::optional<tables::User> target = tables::find_user(tx, user);
    if (!target || !is_active_admin(*target, role)) return witness;
    tables::scan_members(tx, RoleId{role}, UserId{}, [&](const tables::User& one) {
      if (one.id == user || gone.contains(one.id)) return true;
      if (!can_take_over(s, tx, one, role)) return true;
      witness.other = one.id;
      return false;
    });
    if (witness.other) return witness;
    return refused(ErrorCode::conflict, "last_administrator",
                   "This is the last administrator who can sign in: make somebody else an "
                   "administrator first.");
  });
}

Result<void> check_admin_witness(const Services& s, store::Reader& tx, const AdminWitness& witness,
                                 const tables::User& user) {
  if (witness.last == LastAdmin::may_go) return {};
  const uint64_t role = admin_role(tx);
  if (!is_active_admin(user, role)) return {};
  const auto other = witness.other ? tables::find_user(tx, *witness.other) : std::nullopt;
  if (other && can_take_over(s, tx, *other, role)) return {};
  Error changed = refused(ErrorCode::conflict, "administrators_changed",
                          "The administrators have just changed; try again.");
  return witness.round != nullptr ? witness.round->moved(std::move(changed)) : changed;
}

}  // namespace authd::auth
