// Which passwords are accepted (NIST SP 800-63B section 5.1.1.2: length counts, composition rules
// do not).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "config/config.h"

namespace authd::auth {

// Refuses a password that is shorter or longer than configured (in code points), that is not UTF-8
// or holds a control character, that equals the username or the email (or its local part) without
// regard to case, or that zxcvbn guesses too easily (passwords.min_score, 0 to 4; 0 switches it
// off). `field` is named in the Error (`invalid`, name "weak_password").
Result<void> check_password(const config::Config& config, const Password& password,
                            std::string_view username, std::string_view email,
                            std::string_view field);

// The zxcvbn score of 0 (guessed at once) to 4; names of the account count as known words.
int password_score(const Password& password, std::string_view username, std::string_view email);

}  // namespace authd::auth
