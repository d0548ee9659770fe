// The authenticator app of a user (TOTP, RFC 6238). A signed-in user who recently proved who they
// are (auth/sessions/step_up.h) can set it up. The table of factors (second_factor.h) removes it
// and asks for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/factors/factor_answer.h"
#include "auth/accounts/factors/recovery_codes.h"
#include "auth/core/audit/audit.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

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

// The context with which a user's TOTP secret is sealed.
std::string totp_context(UserId user);

// What the table of factors needs of them.
ProveFactor prove_totp;
// Takes the app away, and the recovery codes if nothing else needs them (two writes); the caller
// puts the user. False, and nothing is done, without an app.
bool remove_app(store::WriteTxn& tx, tables::User& user);
// The refusal then.
Error no_totp();

}  // namespace authd::auth
