// The conditions for logging in to an account; they depend only on its row and the configuration.
#pragma once

#include "auth/core/trace.h"
#include "base/result.h"
#include "config/config.h"
#include "tables/schema.h"

namespace authd::auth {

// Errors: `forbidden`, "account_disabled" or "email_not_verified".
Result<void> check_may_log_in(const config::Config& config, const tables::User& user,
                              Trace* trace = nullptr);

// Whether the error is "email_not_verified". Whoever logs in with a password or a passkey is not
// told: a sign-up for an address that has an account creates none, so what it chose is wrong, and a
// sign-up for a free address must not look different.
bool says_unconfirmed(const Error& error);

}  // namespace authd::auth
