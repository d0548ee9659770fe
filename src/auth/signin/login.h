// Logging in. It follows the pattern "look, work, decide": the account is read, the password is
// verified on the password lane outside any transaction, and the write that decides checks again
// what was read.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/accounts/identities.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/attempts.h"
#include "auth/core/services.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"

namespace authd::auth {

// Tokens, or the factor that is still needed for them.
using LoginOutcome = std::variant<Tokens, MfaNeeded>;

// A new session for the account whose username or email is `login` (with '@': the email). If a
// second factor is needed and the request includes its `code`, the code is checked at once; without
// a code, the outcome is a challenge. Errors: `unauthenticated`, "invalid_credentials", with the
// same text and the same work for an unknown account and a wrong password; only after the correct
// password: `forbidden`, "account_disabled", "email_not_verified" or "second_factor_missing", and
// `unauthenticated`, "invalid_code"; `rate_limited` (attempts.h); `busy` when the lane is full.
// Replaces a hash that has a foreign format or older parameters.
Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<OneTimeSecret>& code, const Origin& origin);

// The second step: a TOTP code, a recovery code, or a mailed code. A challenge ends after one
// success, kChallengeTries, or kChallengeLife. If the login began with an identity, it is linked.
// Errors: `unauthenticated`, "invalid_code" or "invalid_mfa_token"; `rate_limited`; as
// link_identity().
// link_identity().
Result<Tokens> answer_challenge(const Services& s, const OneTimeSecret& token,
                                const OneTimeSecret& code, const Origin& origin);

// The write that ends a first factor, for all ways to log in: it creates a session if nothing else
// is needed, otherwise a challenge. `decide` runs first in the transaction and may change the user
// that it returns, which is then written.
struct FirstFactor {
  std::string amr;     // how (RFC 8176): "pwd", "otp"
  std::string action;  // in the audit log
  // Succeeds when a session is created, but not with a challenge: somebody with only the first
  // factor must not clear the failures of the second one by starting again.
  const Attempt* attempt = nullptr;
  bool has_email_code = false;  // a mailed code was verified as well
  // Stored by the transaction that creates the session: this one, or the one that answers the
  // challenge.
  const PendingLink* link = nullptr;
};
Result<LoginOutcome> finish_first_factor(
    const Services& s, const tables::User& seen, const FirstFactor& factor,
    const std::optional<OneTimeSecret>& code, const Origin& origin,
    const std::function<Result<tables::User>(store::WriteTxn&)>& decide);

// record_failure(), also counted as a refused login.
Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error);

}  // namespace authd::auth
