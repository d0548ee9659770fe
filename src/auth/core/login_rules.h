// What an account needs so that it can log in: by its row and the configuration alone.
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

// The factors that a login of the user needs beside the first one: "totp" and "recovery_code", or
// "email"; empty: none. Error: `forbidden`, "second_factor_missing", when one is required and the
// user has none.
Result<std::vector<std::string>> factors_needed(const config::Config& config,
                                                const tables::User& user);

}  // namespace authd::auth
