#include "auth/signin/recovery_rules.h"

#include "auth/accounts/changes/address_proof.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/login_methods.h"
#include "auth/core/ways.h"

namespace authd::auth {

WaysBack ways_back(const config::Config& config, store::Reader& tx, const tables::User& user) {
  using config::PasskeyRecovery;
  const PasskeyRecovery setting = config.passkeys.recovery;
  const bool is_required = needs_passkey(config, tx, user);
  const bool is_taken_over = is_unproved_claim(user);
  const bool has_only_passkeys = user.password_hash.empty() && user.passkeys > 0;
  const bool may_mail = setting == PasskeyRecovery::email && !is_required;
  // A reset would end passkeys without which nobody with such a role signs in.
  const bool would_lock_out = is_required && user.passkeys > 0 && !is_owner_known(user);

  WaysBack ways;
  // Whoever takes over an account that needs a passkey could do nothing with a password.
  const bool needs_one = is_taken_over && is_required;
  ways.by_mail = is_taken_over ? !needs_one : !would_lock_out && (may_mail || !has_only_passkeys);
  ways.password_by_mail = ways.by_mail && is_offered(config, LoginMethod::password);
  const bool has_passkeys =
      why_no_passkeys(config).empty() && is_offered(config, LoginMethod::passkey);
  ways.passkey_by_mail = has_passkeys && !has_factor(as_proved(user)) && (may_mail || needs_one);
  ways.passkey_by_code = has_only_passkeys && is_offered(config, LoginMethod::passkey) &&
                         !user.mfa_enabled && setting != PasskeyRecovery::admin;
  return ways;
}

}  // namespace authd::auth
