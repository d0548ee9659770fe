// The conditions for logging in to an account; they depend only on its row and the configuration.
#pragma once

#include <string>
#include <vector>

#include "auth/core/trace.h"
#include "base/result.h"
#include "config/config.h"
#include "tables/schema.h"

namespace authd::auth {

// Errors: `forbidden`, "account_disabled" or "email_not_verified".
Result<void> check_may_log_in(const config::Config& config, const tables::User& user,
                              Trace* trace = nullptr);

// The second factors that a login of the user accepts: "totp" and "recovery_code", or "email";
// empty when none is needed. Error: `forbidden`, "second_factor_missing", when one is required and
// the user has none.
Result<std::vector<std::string>> factors_needed(const config::Config& config,
                                                const tables::User& user);

}  // namespace authd::auth
