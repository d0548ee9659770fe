// Creating a passkey without being signed in, with a link: from an administrator (`authd user
// enroll-link`), for a lost password, or, for a recovery code, one that is followed at once
// (recovery_rules.h says for whom). This is how somebody who has lost all passkeys gets back in.
#pragma once

#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/services.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/first_factor.h"

namespace authd::auth {

// Links of administrators.
inline constexpr std::chrono::hours kEnrollLinkLife{24};
inline constexpr std::chrono::hours kMinEnrollLinkLife{1};
// For a recovery code.
inline constexpr Milliseconds kRecoveryLife = std::chrono::minutes(10);

// This many hours, for make_enroll_link(), which refuses too few or too many.
Milliseconds enroll_link_life(int64_t hours);

struct EnrollLink {
  OneTimeSecret token;
  std::string url;  // of the page
  Time expires_at;
};
// For the operator, and for an administrator, who gives the link to the person. `life` is
// kMinEnrollLinkLife to kLongestEnrollLink. Errors: `not_found`, also "passkeys_unavailable";
// `invalid`, field "hours"; `forbidden`, "beyond_api_key" (auth/core/key_reach.h), or
// "account_disabled".
Result<EnrollLink> make_enroll_link(const Services& s, UserId user, Milliseconds life,
                                    const Origin& origin);

// Uses up a recovery code of an account that only passkeys open, and mails the owner. Errors:
// `unauthenticated`, "invalid_code", whatever is wrong; `conflict`, "too_many_passkeys", after
// which the code stays good; `forbidden`, "recovery_by_admin" (passkeys.recovery); `rate_limited`.
Result<EnrollLink> recover_by_code(const Services& s, std::string_view login,
                                   const OneTimeSecret& code, const Origin& origin);

// What the page needs, and whose account it is. Errors: `unauthenticated`, "invalid_code";
// `not_found`, "passkeys_unavailable"; `conflict`, "too_many_passkeys".
struct Enrolment {
  PasskeyStart start;
  tables::User user;
};
Result<Enrolment> begin_enrolment(const Services& s, const OneTimeSecret& token,
                                  const Origin& origin);

// Uses the link up, adds the passkey, which must be a whole login, ends all other sessions, mails
// the owner, and signs the person in, or asks for the steps that are left. With the first passkey
// come recovery codes; after steps a later login with it brings them. Errors: as above; those of
// new_passkey.h, after which the link stays valid; `forbidden`, "account_disabled" or
// "email_not_verified".
Result<LoginOutcome> enroll(const Services& s, const OneTimeSecret& token,
                            const PasskeyAsked& asked, const Origin& origin);

}  // namespace authd::auth
