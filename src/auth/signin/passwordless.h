// Logging in by mail: a link that only the browser that asked for it can use, or a code of six
// digits, of which one is alive at a time, however often it is mailed. Both prove the address.
// Whoever asks learns nothing of accounts (recovery.h). On an account whose address nobody had
// proved before, every other way in ends (address_proof.h), and so do the sessions: whoever made it
// may not be the owner.
#pragma once

#include "auth/core/services.h"
#include "auth/signin/login.h"

namespace authd::auth {

inline constexpr uint64_t kCodeTries = 5;

// Mails a link. Returns what the asking browser keeps and shows with the token. Error:
// `rate_limited` (count_mail() in attempts.h).
Result<OneTimeSecret> send_magic_link(const Services& s, std::string_view email,
                                      const Origin& origin);

// Errors: `unauthenticated`, "invalid_code", also from another browser; as log_in() else.
Result<LoginOutcome> log_in_by_link(const Services& s, const OneTimeSecret& token,
                                    const OneTimeSecret& binding, const Origin& origin);

// Mails a code. One that is younger than kCodeLife and not used up is mailed again, good for
// another kCodeLife and for what is left of its tries: whoever knows the address may cause mails to
// it, and must not void the code that its owner is about to type. Error: `rate_limited` within
// kResendPause (mails.h), whether there is an account or not.
Result<void> send_login_code(const Services& s, std::string_view email, const Origin& origin);

// Errors: `unauthenticated`, "invalid_code"; after kCodeTries the code is gone; as log_in() else.
Result<LoginOutcome> log_in_by_code(const Services& s, std::string_view email,
                                    const OneTimeSecret& code,
                                    const std::optional<FactorAnswer>& second,
                                    const Origin& origin);

// Mails a code that is asked for beside the password, to the address of the account that `login`
// means, when a login with its password was right within kChallengeLife: whoever does not know the
// password causes no mail. With `has_pause` as above; a login that just proved the password need
// not wait, whoever asked for a code before.
Result<void> send_second_code(const Services& s, std::string_view login, const Origin& origin,
                              bool has_pause);

// Password and mailed code at once, which is a second factor; an app that is set up is needed
// besides. Errors: `unauthenticated`, "invalid_code", whatever of them is wrong; as log_in() else.
struct PasswordAndCode {
  std::string login;
  std::string email;  // that the code went to
  Password password;
  OneTimeSecret code;
};
Result<LoginOutcome> log_in_by_password_and_code(const Services& s, const PasswordAndCode& proof,
                                                 const std::optional<FactorAnswer>& second,
                                                 const Origin& origin);

}  // namespace authd::auth
