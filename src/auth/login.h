// Logging in, and changing the password. Look, work, decide: the account is read, the password is
// checked on the password lane without any transaction, and what was read is checked again in the
// write that decides.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/attempts.h"
#include "auth/identities.h"
#include "auth/second_factor.h"
#include "auth/services.h"
#include "auth/sessions.h"

namespace authd::auth {

// Tokens, or what is still needed for them.
using LoginOutcome = std::variant<Tokens, MfaNeeded>;

// A new session for the account whose username or email is `login` (with '@': the email). A `code`
// of a second factor that comes along is used at once; without one that is needed, the outcome is a
// challenge. Errors: `unauthenticated`, "invalid_credentials", one text and equal work for an
// unknown account and a wrong password; only after the right password: `forbidden`,
// "account_disabled", "email_not_verified" or "second_factor_missing", and `unauthenticated`,
// "invalid_code"; `rate_limited` (attempts.h); `busy` when the lane is full. A hash of a foreign
// form or of older parameters is replaced on the way.
Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<OneTimeSecret>& code, const Origin& origin);

// The second step: a TOTP or recovery code, or the code that was mailed. A challenge is gone after
// its success, kChallengeTries, or kChallengeLife. Links the identity that the login began with.
// Errors: `unauthenticated`, "invalid_code" or "invalid_mfa_token"; `rate_limited`; as
// link_identity().
Result<Tokens> answer_challenge(const Services& s, const OneTimeSecret& token,
                                const OneTimeSecret& code, const Origin& origin);

// The write that ends a first factor, for every way to log in: a session when nothing else is
// needed, else a challenge. `decide` runs first in the transaction, and may change the user that it
// returns; what it returns is put.
struct FirstFactor {
  std::string amr;     // how (RFC 8176): "pwd", "otp"
  std::string action;  // in the audit log
  // Succeeds with the session, and not with a challenge: who has only the first factor must not
  // clear the failures of the second one by beginning again.
  const Attempt* attempt = nullptr;
  bool has_email_code = false;  // a mailed code was proved beside it
  // Made by the transaction that starts the session: at once, or when the challenge is answered.
  const PendingLink* link = nullptr;
};
Result<LoginOutcome> finish_first_factor(
    const Services& s, const tables::User& seen, const FirstFactor& factor,
    const std::optional<OneTimeSecret>& code, const Origin& origin,
    const std::function<Result<tables::User>(store::WriteTxn&)>& decide);

// What every check of a password and every way to log in share.
Error wrong_credentials();
// True when the password is the user's. Costs the same without a user or a password hash.
Result<bool> verify_password(const Services& s, const std::optional<tables::User>& user,
                             const Password& password);
// Refuses the password that the user has already, which costs a hash: only for somebody who has
// shown a session or a link of the account. Error: `invalid`, "password_unchanged", with the field.
Result<void> check_is_other_password(const Services& s, const tables::User& user,
                                     const Password& password, std::string_view field);
// Errors: `forbidden`, "account_disabled" or "email_not_verified".
Result<void> check_may_log_in(const config::Config& config, const tables::User& user,
                              Trace* trace = nullptr);

// record_failure(), counted among the refused logins.
Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error);

// Proves again who the caller is, by password or second factor, so that what needs a fresh proof
// can go on (step_up.h).
Result<void> reauthenticate(const Services& s, const Caller& caller, const Password& password,
                            const std::optional<OneTimeSecret>& code, const Origin& origin);

// Replaces username and password by the owner, both or neither; what is absent stays. Either needs
// the present password, or without it a fresh proof (step_up.h), and the owner is told by mail. A
// new password ends all sessions but the caller's. Errors: as change_password(); `forbidden`,
// "reauthentication_required"; `conflict`, field "username"; as settle_names() in login_names.h.
struct CredentialChange {
  std::optional<std::string> username;
  std::optional<Password> password;
  std::optional<Password> current_password;
};
Result<void> change_credentials(const Services& s, const Caller& caller,
                                const CredentialChange& change, const Origin& origin);

// Replaces the password by its owner, who knows the old one. Ends all sessions but the caller's,
// and mails the owner. Errors: `forbidden`, "wrong_password", field "current_password"; `invalid`
// for the new one, "password_unchanged" when it is the old one; `rate_limited`.
Result<void> change_password(const Services& s, const Caller& caller, const Password& current,
                             const Password& replacement, const Origin& origin);

// Replaces the password by the operator, by the same one too (a script may run again); ends all
// sessions, and mails the owner.
Result<void> set_password(const Services& s, UserId user, const Password& replacement,
                          const Origin& origin);

}  // namespace authd::auth
