// Signing in with a passkey alone: whoever has the device and unlocks it. The browser finds the
// passkey, which says whose it is; nobody types a name.
#pragma once

#include "auth/accounts/factors/passkey_factor.h"
#include "auth/core/services.h"
#include "auth/signin/first_factor.h"

namespace authd::auth {

// A question that any passkey made here may answer. It is not stored (passkey_challenge.h). Error:
// `not_found`, "passkeys_unavailable".
Result<PasskeyQuestion> begin_passkey_login(const Services& s);

// A new session, of two factors; with recovery codes, if the account has no password and no codes.
// Errors: `unauthenticated`, "unknown_passkey", for an unknown
// credential and for a wrong signature alike, after the same work, if the user handle is of this
// server; "second_factor_only" for a security key, after the right signature; otherwise
// "invalid_passkey"; as run_first_factor(); `rate_limited`.
Result<LoginOutcome> log_in_by_passkey(const Services& s, const AssertionResponse& response,
                                       const Origin& origin);

}  // namespace authd::auth
