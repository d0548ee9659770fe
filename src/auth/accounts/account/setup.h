// The first administrator, created over HTTP by whoever reads the server's first log lines. Until
// the first account exists, each start of the server offers a new token. Each token works once,
// within kSetupLife, and only until there is an administrator.
#pragma once

#include <optional>

#include "auth/accounts/account/accounts.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/session_tokens.h"

namespace authd::auth {

// A token, if there has never been an account.
Result<std::optional<OneTimeSecret>> offer_setup(const Services& s);

// What the page needs for a passkey, if the token is good. Errors: `unauthenticated`,
// "invalid_code"; `not_found`, "passkeys_unavailable"; for names as create_account().
Result<PasskeyStart> begin_set_up(const Services& s, const OneTimeSecret& token,
                                  const NewAccount& account, const Origin& origin);

// Creates the account, with the roles "user" and "admin" and an email that counts as verified, and
// its first session. Errors: `unauthenticated`, "invalid_code"; as create_account(), and those of
// insert_with_session() (sign_up.h), after which the token stays valid.
Result<Tokens> set_up(const Services& s, const OneTimeSecret& token, const NewAccount& account,
                      const Origin& origin);

}  // namespace authd::auth
