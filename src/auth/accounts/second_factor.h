// Second factors: an authenticator app (TOTP, RFC 6238), ten recovery codes, and a code by mail
// where the configuration requires one. They are set up by the signed-in user who proved who they
// are not long ago (auth/sessions/step_up.h), and asked for by a challenge that stands for the
// login being made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/one_time_tokens.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

inline constexpr size_t kRecoveryCodes = 10;

// A challenge is good for this long.
inline constexpr Milliseconds kChallengeLife = std::chrono::minutes(10);

// Tries of one challenge; then it is gone, and the login begins anew.
inline constexpr uint64_t kChallengeTries = 5;

// What an app is set up with.
struct TotpSetup {
  OneTimeSecret secret;  // base32, for typing
  OneTimeSecret uri;     // otpauth://…, for the QR code
};

// A new secret for the user, not in force before confirm_totp(). Error: `conflict`, "totp_enabled".
Result<TotpSetup> begin_totp(const Services& s, const Person& caller);

// Puts the secret in force by a code that the app made of it. Ends the other sessions and mails the
// owner. Returns the recovery codes, which are shown this once. Error: `invalid`, field "code".
Result<std::vector<OneTimeSecret>> confirm_totp(const Services& s, const Person& caller,
                                                const OneTimeSecret& code, const Origin& origin);

// Takes the app and the recovery codes away. Ends the other sessions and mails the owner. Errors:
// `not_found` when there is none; `conflict`, "last_factor", when one is required and no email is
// there for a code.
Result<void> remove_totp(const Services& s, const Person& caller, const Origin& origin);

// Ends all factors by the administrator, for a user who lost theirs, and all sessions; devices that
// the user has logged in with are known no longer (auth/core/attempts.h).
Result<void> reset_factors(const Services& s, UserId user, const Origin& origin);

// Ten new codes in place of the old ones. `not_found` without an app.
Result<std::vector<OneTimeSecret>> renew_recovery_codes(const Services& s, const Person& caller,
                                                        const Origin& origin);

// The context that a user's TOTP secret is sealed for.
std::string totp_context(UserId user);

// The user's factors, unless they were ended (auth/core/ways.h). `user` may be on its way to the
// store.
std::optional<tables::Factors> find_live_factors(store::Reader& tx, const tables::User& user);

// Checks a TOTP or recovery code of the user's and uses it up, inside of the transaction that acts
// on it. Returns what it proves for the amr ("otp"), nullopt when it is wrong.
std::optional<std::string> use_factor(const Services& s, store::WriteTxn& tx,
                                      const tables::User& user, std::string_view code, Time now);

// A login that waits for its second factor. Made before the transaction, put inside it.
struct MfaNeeded {
  OneTimeSecret token;
  std::vector<std::string> methods;
};
struct NewChallenge {
  FreshToken token;
  tables::Challenge row;
  std::optional<tables::Mail> mail;  // with the code, when it goes by mail

  void put(const Services& s, store::WriteTxn& tx, const tables::User& user) const;
};
NewChallenge make_challenge(const Services& s, const tables::User& user,
                            std::vector<std::string> amr, Time now);

}  // namespace authd::auth
