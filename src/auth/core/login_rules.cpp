#include "auth/core/login_rules.h"

#include "base/refusal.h"

namespace authd::auth {
namespace {

constexpr const char* kUnconfirmed = "email_not_verified";

}  // namespace

bool says_unconfirmed(const Error& error) {
  return error.name == kUnconfirmed;
}

Result<void> check_may_log_in(const config::Config& config, const tables::User& user,
                              Trace* trace) {
  if (!passes(trace, "enabled", !user.disabled,
              user.disabled ? "the account is disabled (authd user enable)" : "it is")) {
    return refused(ErrorCode::forbidden, "account_disabled", "This account is disabled.");
  }
  const bool needs_email = config.signup.require_verified_email || user.awaits_email;
  const bool is_confirmed = passes(trace, "email", !needs_email || user.email_verified, [&] {
    if (!needs_email) return "need not be confirmed";
    return user.email_verified ? "confirmed" : "not confirmed yet, but must be";
  });
  if (!is_confirmed) {
    return refused(ErrorCode::forbidden, kUnconfirmed,
                   "Confirm your email first: follow the link in the mail.");
  }
  return {};
}

}  // namespace authd::auth
