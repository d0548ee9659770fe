// The first administrator, made over HTTP by whoever reads the server's first words. As long as
// there has never been an account, each start of the server offers a new token; any of them is good
// once and for kSetupLife, and only until somebody is an administrator.
#pragma once

#include <optional>

#include "auth/accounts/accounts.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/session_tokens.h"

namespace authd::auth {

// A token, when there has never been an account.
Result<std::optional<OneTimeSecret>> offer_setup(const Services& s);

// Makes the account, with the roles "user" and "admin" and its email taken for proved, and its
// first session. Errors: `unauthenticated`, "invalid_code"; as create_account(), which leaves the
// token good.
Result<Tokens> set_up(const Services& s, const OneTimeSecret& token, const NewAccount& account,
                      const Origin& origin);

}  // namespace authd::auth
