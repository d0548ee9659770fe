// The authenticator app of a user (TOTP, RFC 6238) and its ten recovery codes. A signed-in user who
// recently proved who they are (auth/sessions/step_up.h) can set them up. The table of factors
// (second_factor.h) removes them and asks for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/factor_answer.h"
#include "auth/core/audit.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

inline constexpr size_t kRecoveryCodes = 10;

// The data for setting up an app.
struct TotpSetup {
  OneTimeSecret secret;  // base32, for typing
  OneTimeSecret uri;     // otpauth://…, for the QR code
};

// A new secret for the user, not in force until confirm_totp(). Error: `conflict`, "totp_enabled".
Result<TotpSetup> begin_totp(const Services& s, const Person& caller);

// Puts the secret in force, given a code that the app computed from it. Ends the other sessions and
// mails the owner. Returns the recovery codes, which are shown only once. Error: `invalid`, field
// "code".
Result<std::vector<OneTimeSecret>> confirm_totp(const Services& s, const Person& caller,
                                                const OneTimeSecret& code, const Origin& origin);

// Ten new codes that replace the old ones. `not_found` without an app.
Result<std::vector<OneTimeSecret>> renew_recovery_codes(const Services& s, const Person& caller,
                                                        const Origin& origin);

// The context with which a user's TOTP secret is sealed.
std::string totp_context(UserId user);

// The user's factors, unless they were ended (auth/core/ways.h). `user` may not be
// written yet.
std::optional<tables::Factors> find_live_factors(store::Reader& tx, const tables::User& user);

// What the table of factors needs of them.
ProveFactor prove_totp;
ProveFactor prove_recovery_code;
// Tells the owner that a recovery code was used (NIST SP 800-63B-4 section 4.2); for Proving.
std::optional<tables::Mail> make_recovery_notice(const Services& s, const tables::User& user,
                                                 const Origin& origin, Time now);
// Takes the app and the recovery codes away (one write); the caller puts the user. False, and
// nothing is done, without an app.
bool remove_app(store::WriteTxn& tx, tables::User& user);
// The refusal then.
Error no_totp();

}  // namespace authd::auth
