// What a login has proved, and what may come next. Code compares these; the words below are for the
// wire and the store alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace authd::auth {

// What was proved. Its word stands in "amr" of tokens and sessions (RFC 8176 section 2).
enum class Factor {
  password,  // "pwd"
  code,      // "otp": of an app, from the sheet of recovery codes, or by mail; also a mailed link
  provider,  // "fed", which is of no RFC: another provider said who it is
};
std::string_view word_of(Factor factor);

// The "amr" of a session: by one factor, or by two, which is "mfa" besides.
std::vector<std::string> amr_of(Factor first);
std::vector<std::string> amr_of(Factor first, Factor second);
// Of a login that began with `before`, and was completed with a second factor.
std::vector<std::string> amr_of(std::vector<std::string> before, Factor second);

// What a person may be asked for after the first factor. Its word stands in "methods".
enum class Method {
  totp,           // "totp": a code of an authenticator app
  recovery_code,  // "recovery_code"
  email,          // "email": a code that was mailed for this login
};
using Methods = std::vector<Method>;
std::string_view word_of(Method method);
std::vector<std::string> words_of(const Methods& methods);

// Whether the mailed code is all that may come next.
bool is_by_email(const Methods& methods);

}  // namespace authd::auth
