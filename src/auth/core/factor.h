// What a login has proved, and what it may ask for next. Code compares these values; their words
// are only for the wire and the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace authd::auth {

// What was proved. Its word appears in "amr" of tokens and sessions (RFC 8176 section 2).
enum class Factor {
  password,       // "pwd"
  code,           // "otp": a mailed code or a mailed link, which prove a mailbox
  app,            // "otp": a code of an authenticator app
  provider,       // "fed", which no RFC defines: another provider identified the person
  device_key,     // "hwk": the private key of a passkey that never leaves its device
  synced_key,     // "swk": that of a passkey that may be backed up
  recovery_code,  // "otp": one of the codes on paper, in place of an app or a security key
};
std::string_view word_of(Factor factor);

// The "amr" of a session after one factor, or after two. Two of different kinds add "mfa" (RFC 8176
// section 2); a second mail to the same mailbox is of the same kind.
// A passkey that signs in alone has verified the person as well ("user"), so it is two factors.
std::vector<std::string> amr_of(Factor first);
std::vector<std::string> amr_of(Factor first, Factor second);
// After a login that began with `before` and was completed with a second factor.
std::vector<std::string> amr_of(std::vector<std::string> before, Factor second);
// Whether a login with it needs nothing else.
bool is_whole_login(Factor factor);
// Whether such a list says that a passkey signed in alone.
bool is_passkey_login(const std::vector<std::string>& amr);
// The list after a later, weaker proof: no longer that of a login with a passkey alone.
std::vector<std::string> without_passkey_login(std::vector<std::string> amr, Factor later);
// Whether such a list says that a second factor was proved.
bool has_second_factor(const std::vector<std::string>& amr);

// What a person may be asked for after the first factor. Its word appears in "methods".
enum class Method {
  totp,           // "totp": a code of an authenticator app
  recovery_code,  // "recovery_code"
  email,          // "email": a code mailed for this login
  passkey,        // "passkey": any passkey or security key of the account
};
using Methods = std::vector<Method>;
std::string_view word_of(Method method);
std::vector<std::string> words_of(const Methods& methods);

// Whether a mailed code is the only method.
bool is_by_email(const Methods& methods);

}  // namespace authd::auth
