// Logging in by mail: with a link that works only in the browser that requested it, or with a code
// of six digits, which works only where it was requested. Both prove the
// address. The requester learns nothing about accounts (recovery.h). If nobody had proved the
// address of the account before, every other way in ends (address_proof.h), and so do the sessions,
// because whoever created the account may not be the owner.
#pragma once

#include "auth/core/services.h"
#include "auth/signin/login.h"

namespace authd::auth {

inline constexpr uint64_t kCodeTries = 5;

// Mails a link. Returns the value that the browser keeps and presents with the token. Error:
// `rate_limited` (count_mail() in attempts.h).
Result<OneTimeSecret> send_magic_link(const Services& s, std::string_view email,
                                      const Origin& origin);

// Errors: `unauthenticated`, "invalid_code", also from another browser; otherwise as log_in().
Result<LoginOutcome> log_in_by_link(const Services& s, const OneTimeSecret& token,
                                    const OneTimeSecret& binding, const Origin& origin);

// What a browser keeps in a cookie, so that its codes work there alone.
std::string make_asker(const Services& s);

// Mails a code, which works only for whoever asked: the browser of `origin.asker`, and, for clients
// without one, the network of the address. Anybody who knows the address can cause mails to it, but
// gets a code and attempts of their own. A code that is younger than kCodeLife and not used up is
// mailed again, and is valid for another kCodeLife with its remaining attempts. Error:
// `rate_limited` within growing pauses (count_code_mail() in attempts.h), whether an account exists
// or not.
Result<void> send_login_code(const Services& s, std::string_view email, const Origin& origin);

// Errors: `unauthenticated`, "invalid_code"; after kCodeTries the code is void; otherwise as
// log_in().
Result<LoginOutcome> log_in_by_code(const Services& s, std::string_view email,
                                    const OneTimeSecret& code,
                                    const std::optional<FactorAnswer>& second, const Origin& origin,
                                    Remember remember = Remember::no);

// Mails a code that is required in addition to the password, to the address of the account that
// `login` names, if a login with its correct password happened within kChallengeLife: without the
// password, nobody can cause such a mail. `has_pause` applies the pause of send_login_code(). A
// login that has just proved the password need not wait, whoever requested a code before.
Result<void> send_second_code(const Services& s, std::string_view login, const Origin& origin,
                              bool has_pause);

// Password and mailed code together, where the code is a second factor; an app, if set up, is
// required as well. Errors: `unauthenticated`, "invalid_code", whichever of them is wrong;
// otherwise as log_in().
struct PasswordAndCode {
  std::string login;
  std::string email;  // the address to which the code was mailed
  Password password;
  OneTimeSecret code;
};
Result<LoginOutcome> log_in_by_password_and_code(const Services& s, const PasswordAndCode& proof,
                                                 const std::optional<FactorAnswer>& second,
                                                 const Origin& origin);

}  // namespace authd::auth
