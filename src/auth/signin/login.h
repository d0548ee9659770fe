// Logging in. Look, work, decide: the account is read, the password is
// checked on the password lane without any transaction, and what was read is checked again in the
// write that decides.
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

struct MfaNeeded {
  OneTimeSecret token;  // of the challenge
  Methods methods;      // with which it can be answered
};

// Tokens, or what is still needed for them.
using LoginOutcome = std::variant<Tokens, MfaNeeded>;

// A new session for the account whose username or email is `login` (with '@': the email). A `code`
// of a second factor that comes along is used at once; without one that is needed, the outcome is a
// challenge. Errors: `unauthenticated`, "invalid_credentials", one text and equal work for an
// unknown account and a wrong password; only after the right password: `forbidden`,
// "account_disabled", "email_not_verified" or "second_factor_missing", and `unauthenticated`,
// "invalid_code"; `rate_limited` (attempts.h); `busy` when the lane is full. A hash of a foreign
// form or of older parameters is replaced on the way.
Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin);

// The second step. A challenge is gone after
// its success, kChallengeTries, or kChallengeLife. Links the identity that the login began with.
// Errors: `unauthenticated`, "invalid_code" or "invalid_mfa_token"; `rate_limited`; as
// link_identity().
Result<Tokens> answer_challenge(const Services& s, const OneTimeSecret& token,
                                const FactorAnswer& answer, const Origin& origin);

// The write that ends a first factor, for every way to log in: a session when nothing else is
// needed, else a challenge. `decide` runs first in the transaction, and may change the user that it
// returns; what it returns is put.
struct FirstFactor {
  Factor factor = Factor::password;
  std::string action;  // in the audit log
  // Succeeds with the session, and not with a challenge: who has only the first factor must not
  // clear the failures of the second one by beginning again.
  const Attempt* attempt = nullptr;
  bool has_email_code = false;  // a mailed code was proved beside it
  // Made by the transaction that starts the session: at once, or when the challenge is answered.
  const PendingLink* link = nullptr;
};
Result<LoginOutcome> finish_first_factor(
    const Services& s, const tables::User& seen, const FirstFactor& factor,
    const std::optional<FactorAnswer>& answer, const Origin& origin,
    const std::function<Result<tables::User>(store::WriteTxn&)>& decide);

// record_failure(), counted among the refused logins.
Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error);

}  // namespace authd::auth
