// Second factors: an authenticator app (TOTP, RFC 6238), ten recovery codes, and a mailed code
// where the configuration requires one. A signed-in user who has recently proved their identity
// sets them up (auth/sessions/step_up.h). A challenge represents a login that waits for its second
// factor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/one_time_tokens.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

inline constexpr size_t kRecoveryCodes = 10;

// The lifetime of a challenge.
inline constexpr Milliseconds kChallengeLife = std::chrono::minutes(10);

// The attempts for one challenge; after that it ends, and the login must start again.
inline constexpr uint64_t kChallengeTries = 5;

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

// Removes the app and the recovery codes. Ends the other sessions and mails the owner. Errors:
// `not_found` when there is no app; `conflict`, "last_factor", when a second factor is required and
// there is no email for a code.
Result<void> remove_totp(const Services& s, const Person& caller, const Origin& origin);

// For an administrator, when a user has lost their factors: ends all factors and all sessions, and
// forgets the devices from which the user has logged in (auth/core/attempts.h).
Result<void> reset_factors(const Services& s, UserId user, const Origin& origin);

// Ten new codes that replace the old ones. `not_found` without an app.
Result<std::vector<OneTimeSecret>> renew_recovery_codes(const Services& s, const Person& caller,
                                                        const Origin& origin);

// The context with which a user's TOTP secret is sealed.
std::string totp_context(UserId user);

// The user's factors, unless they were ended (auth/core/ways.h). `user` may not be written yet.
std::optional<tables::Factors> find_live_factors(store::Reader& tx, const tables::User& user);

// Checks a TOTP or recovery code of the user and consumes it, inside the transaction that acts on
// it. Returns the amr value that it proves ("otp"), or nullopt when it is wrong.
std::optional<std::string> use_factor(const Services& s, store::WriteTxn& tx,
                                      const tables::User& user, std::string_view code, Time now);

// A login that waits for its second factor. Created before the transaction, written inside it.
struct MfaNeeded {
  OneTimeSecret token;
  std::vector<std::string> methods;
};
struct NewChallenge {
  FreshToken token;
  tables::Challenge row;
  std::optional<tables::Mail> mail;  // contains the code, if it is mailed

  void put(const Services& s, store::WriteTxn& tx, const tables::User& user) const;
};
NewChallenge make_challenge(const Services& s, const tables::User& user,
                            std::vector<std::string> amr, Time now);

}  // namespace authd::auth
