// The ways into an account, and what blocks them, for administrators.
#pragma once

#include "auth/core/limits/attempts.h"
#include "auth/core/services.h"

namespace authd::auth {

struct AccountAccess {
  bool has_password = false;
  Time password_changed_at;
  Time password_leaked_at;  // no time: not found among the known ones, or changed since
  bool has_app = false;     // an authenticator app
  uint64_t passkeys = 0;
  uint64_t security_keys = 0;
  size_t recovery_codes = 0;  // that are left
  AccountLock lock;
};
// Error: `not_found`.
Result<AccountAccess> account_access(const Services& s, UserId id);

}  // namespace authd::auth
