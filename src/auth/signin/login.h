// Logging in with a password, and the second step of every login. Look, work, decide: the account
// is read, the password is checked on the password lane without any transaction, and what was read
// is checked again in the write that decides (first_factor.h).
#pragma once

#include <optional>
#include <string_view>

#include "auth/accounts/factors/passkey_factor.h"
#include "auth/core/services.h"
#include "auth/signin/first_factor.h"

namespace authd::auth {

// A new session for the account whose username or email is `login` (with '@': the email). An
// `answer` of a second factor that comes along is used at once; without one that is needed, the
// outcome is a challenge. Errors: `unauthenticated`, "invalid_credentials", one text and equal work
// for an unknown account and a wrong password; only after the right password: `forbidden`,
// "account_disabled", "email_not_verified" or "second_factor_missing", and `unauthenticated`,
// "invalid_code"; `rate_limited` (attempts.h); `busy` when the lane is full. A hash of a foreign
// form or of older parameters is replaced on the way. `remember` is kept for the second step.
Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin,
                            Remember remember = Remember::no);

// What a passkey or a security key is asked, for the second step. Errors: `unauthenticated`,
// "invalid_mfa_token"; as question_for() (passkey_factor.h).
Result<PasskeyQuestion> ask_for_second_factor(const Services& s, const OneTimeSecret& token);

// The second step. The device is trusted if that was or is wanted, and may be (may_trust_device()).
// A challenge is gone after its success, kChallengeTries, or kChallengeLife. Links
// the identity that the login began with. The outcome is a session, or StepsNeeded.
// Errors: `unauthenticated`, "invalid_code", "invalid_passkey" or "invalid_mfa_token";
// `rate_limited`; as link_identity().
Result<LoginOutcome> answer_challenge(const Services& s, const OneTimeSecret& token,
                                      const FactorAnswer& answer, const Origin& origin,
                                      Remember remember = Remember::no);

}  // namespace authd::auth
