#include "auth/accounts/factors/account_access.h"

#include "auth/accounts/factors/stored_factors.h"
#include "auth/core/refusals.h"
#include "tables/users.h"

namespace authd::auth {

Result<AccountAccess> account_access(const Services& s, UserId id) {
  const Time now = s.clock.now();
  return s.store.read([&](store::ReadTxn& tx) -> Result<AccountAccess> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    const std::optional<tables::Factors> factors = find_live_factors(tx, *user);
    AccountAccess access;
    access.has_password = !user->password_hash.empty();
    access.password_changed_at = user->password_changed_at;
    access.password_leaked_at = user->password_leaked_at;
    access.has_app = user->mfa_enabled;
    access.passkeys = user->passkeys;
    access.security_keys = user->security_keys;
    access.recovery_codes = factors ? factors->recovery_macs.size() : 0;
    access.lock = lock_of(s, tx, *user, now);
    return access;
  });
}

}  // namespace authd::auth
