// The ways of signing in that are on (login.methods). A way that is off is refused before anything
// is read, so the refusal reveals nothing about accounts. Existing sessions continue.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace authd::auth {

using config::LoginMethod;

bool is_offered(const config::Config& config, LoginMethod method);

// Error: `forbidden`, "method_disabled", which names the ways that are on.
Result<void> require_method(const config::Config& config, LoginMethod method);

// Whether an address alone is enough to sign in: a mailed link or a mailed code.
bool signs_in_by_mail(const config::Config& config);

// The method of a login that a second factor completes, by what was proved before (the "amr" of its
// challenge). A mailed link and a mailed code prove the same mailbox; where both are offered, it is
// taken for a code.
LoginMethod method_begun(const config::Config& config, const std::vector<std::string>& amr);

}  // namespace authd::auth
