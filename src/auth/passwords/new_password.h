// Whether somebody may have a password: every place that sets one asks here.
#pragma once

#include <string_view>

#include "auth/core/services.h"
#include "auth/passwords/password_policy.h"

namespace authd::auth {

// The rules of check_password(), then passwords.blocklist_file, then passwords.pwned. Asks another
// server, so it may take kLeakTimeout, and is never called in a transaction. Errors: those
// of check_password(), with the reasons "listed" and "pwned" as well; `unavailable` when the
// operator's list cannot be read.
Result<void> check_new_password(const Services& s, const Password& password,
                                const PasswordOwner& owner, std::string_view field);

}  // namespace authd::auth
