// Password rules (NIST SP 800-63B-4 section 3.1.1.2: length matters, composition rules do not).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "config/config.h"

namespace authd::auth {

// Whose password it will be.
struct PasswordOwner {
  std::string_view username = {};
  std::string_view email = {};
  bool has_factor = false;       // a second one, set up and confirmed
  std::string_view client = {};  // that the request comes from (config/client_profile.h)
};

// The shortest password, in code points (passwords.profile, passwords.min_length).
uint64_t min_password_length(const config::Config& config, bool has_factor);

// Refuses a password that is shorter or longer than configured (in code points), is not UTF-8,
// contains a control character, equals the username or the email (or its local part) when case is
// ignored, is among those that attackers try first (passwords.blocklist), or is too easy for zxcvbn
// to guess (passwords.min_score, 0 to 4; 0 disables this check). With `compat.passwords = own` the
// replaced APIs have neither the blocklist nor the profile. The Error (`invalid`, name
// "weak_password") names `field`.
Result<void> check_password(const config::Config& config, const Password& password,
                            const PasswordOwner& owner, std::string_view field);

// Whether the whole password is one of the about 10,000 that zxcvbn would try first: a common
// password, word or name, a keyboard row, a date, or one of these with the usual changes.
bool is_common_password(const Password& password);

// The zxcvbn score from 0 (guessed immediately) to 4; the names of the account count as known
// words.
int password_score(const Password& password, std::string_view username, std::string_view email);

}  // namespace authd::auth
