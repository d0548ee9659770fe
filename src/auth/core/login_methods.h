// Which ways of signing in there are (login.methods). A way that is switched off is refused before
// anything is read, so the refusal tells nothing about accounts. Sessions that exist go on.
#pragma once

#include "base/result.h"
#include "config/config.h"

namespace authd::auth {

using config::LoginMethod;

bool is_offered(const config::Config& config, LoginMethod method);

// Error: `forbidden`, "method_disabled", which names the ways that there are.
Result<void> require_method(const config::Config& config, LoginMethod method);

// Whether an address alone is enough to sign in: a mailed link or a mailed code.
bool signs_in_by_mail(const config::Config& config);

}  // namespace authd::auth
