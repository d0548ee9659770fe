// Password rules (NIST SP 800-63B section 5.1.1.2: length matters, composition rules do not).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "config/config.h"

namespace authd::auth {

// Refuses a password that is shorter or longer than configured (in code points), is not UTF-8,
// contains a control character, equals the username or the email (or its local part) when case is
// ignored, or is too easy for zxcvbn to guess (passwords.min_score, 0 to 4; 0 disables this check).
// The Error (`invalid`, name "weak_password") names `field`.
Result<void> check_password(const config::Config& config, const Password& password,
                            std::string_view username, std::string_view email,
                            std::string_view field);

// The zxcvbn score from 0 (guessed immediately) to 4; the names of the account count as known
// words.
int password_score(const Password& password, std::string_view username, std::string_view email);

}  // namespace authd::auth
