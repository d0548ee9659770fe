// The terms that people accept (terms.version): at sign-up, or as a step of a login
// (auth/signin/login_steps.h) when they have accepted another version or none. Existing sessions
// and API keys continue.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "tables/rows/rows.h"

namespace authd::auth {

// Whether there are terms that the user has not accepted in their current version.
bool owes_terms(const config::Config& config, const tables::User& user);

// Whether the accepted version is the current one. Error: `invalid`, "terms_required", with the
// field "terms_version" and a text that names the version and the address; `invalid`, with the
// field, for the acceptance of terms that do not exist.
Result<void> check_terms(const config::Config& config, const std::optional<std::string>& accepted);

// After check_terms(). The caller writes the user.
void accept_terms(const config::Config& config, tables::User& user, Time now);

// Somebody else accepted them, or may have done so.
void forget_terms(tables::User& user);

// For a program that cannot ask the person (auth/core/services.h, Origin::client): `forbidden`,
// "terms_required", at a login or at a sign-up.
Error terms_required(const config::Config& config);
Error terms_required_to_sign_up(const config::Config& config);

}  // namespace authd::auth
