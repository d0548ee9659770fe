// Password rules (NIST SP 800-63B-4 section 3.1.1.2: length matters, composition rules do not).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "config/config.h"

namespace authd::auth {

// The rules that a password can break. Each has a word, which is Error::reason: clients and pages
// compare it, so it never changes.
enum class PasswordRule {
  not_utf8,
  too_short,  // Error::limit: the fewest characters
  too_long,   // Error::limit: the most characters
  control_character,
  is_name,
  common,         // passwords.blocklist
  too_guessable,  // passwords.min_score
  listed,         // passwords.blocklist_file
  pwned,          // passwords.pwned
  same_as_old,
};
std::string_view word_of(PasswordRule rule);

// The refusal of a password: `invalid`, "weak_password" (for same_as_old "password_unchanged"),
// with the field, the reason and the limit.
Error weak_password(PasswordRule rule, std::string_view field, uint64_t limit = 0);

// Whose password it will be.
struct PasswordOwner {
  std::string_view username = {};
  std::string_view email = {};
  bool has_factor = false;       // a second one, set up and confirmed
  std::string_view client = {};  // that the request comes from (config/client_profile.h)
};

// The shortest password, in code points (passwords.profile, passwords.min_length).
uint64_t min_password_length(const config::Config& config, bool has_factor);

// Whether the client is a replaced API that keeps the rules of its own documentation
// (compat.passwords).
bool has_own_rules(const config::Config& config, std::string_view client);

// Refuses a password that is shorter or longer than configured (in code points), is not UTF-8,
// contains a control character, equals the username or the email (or its local part) when case is
// ignored, is among those that attackers try first (passwords.blocklist), or is too easy for zxcvbn
// to guess (passwords.min_score, 0 to 4; 0 disables this check). With `compat.passwords = own` the
// replaced APIs have neither the blocklist nor the profile. Error: weak_password(). new_password.h
// has the rules that need more than the configuration.
Result<void> check_password(const config::Config& config, const Password& password,
                            const PasswordOwner& owner, std::string_view field);

// Whether the password is on the embedded list, in any case of its letters, or is as a whole one of
// the about 10,000 that zxcvbn would try first: a common word or name, a keyboard row, a date, or
// one of these with the usual changes.
bool is_common_password(const Password& password);

// The zxcvbn score from 0 (guessed immediately) to 4; the names of the account count as known
// words.
int password_score(const Password& password, std::string_view username, std::string_view email);

}  // namespace authd::auth
