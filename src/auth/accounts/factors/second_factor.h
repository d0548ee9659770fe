// The table of second factors, and what is asked of each of them: a login that waits for one is
// a challenge, which any factor of the user may answer. A further kind of factor is a row of the
// table (second_factor.cpp), a value of Method, and for a new kind of answer a struct
// (factor_answer.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/accounts/factors/authenticator_app.h"
#include "auth/accounts/factors/factor_answer.h"
#include "auth/accounts/factors/recovery_codes.h"
#include "auth/core/factor.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// The lifetime of a challenge.
inline constexpr Milliseconds kChallengeLife = std::chrono::minutes(10);

// The attempts for one challenge; after that it ends, and the login must start again.
inline constexpr uint64_t kChallengeTries = 5;

// A login that waits for its second factor. Created before the transaction, stored inside it.
struct NewChallenge {
  FreshToken token;
  tables::Challenge row;
  std::optional<tables::Mail> mail;  // contains the code, if it is mailed

  void put(const Services& s, store::WriteTxn& tx, const tables::User& user) const;
};

struct SecondFactor {
  Method method;
  // Whether a login of the user may be answered with it: by the row and the configuration alone.
  bool (*is_offered)(const config::Config& config, const tables::User& user);
  // Adds to a challenge what it needs there, before the transaction; null: nothing.
  void (*begin)(const Services& s, const tables::User& user, NewChallenge& challenge,
                const Origin& origin, Time now);
  // Checks an answer and uses it up.
  ProveFactor* prove;
  // Takes it from the user, whom the caller puts; false when the user has none. Null: nobody can.
  bool (*remove)(store::WriteTxn& tx, tables::User& user);
  Error (*no_such)();          // the refusal then
  const char* removed_action;  // in the audit log
};

// In the order in which they are offered and tried.
std::span<const SecondFactor> second_factors();

// What a login of the user needs beside the first factor; empty: nothing. A first factor that is a
// whole login needs nothing. Errors: `forbidden`, "second_factor_missing", or "passkey_required"
// (passkeys.required_for), when something is required and the user has nothing.
Result<Methods> methods_needed(const config::Config& config, store::Reader& tx,
                               const tables::User& user);

// Whether one of the user's roles is in passkeys.required_for: then a password is followed by a
// passkey or security key, or once by a recovery code.
bool needs_passkey(const config::Config& config, store::Reader& tx, const tables::User& user);
// For whoever needs one and has none. `forbidden`, "passkey_required".
Error passkey_required();
bool says_passkey_required(const Error& error);

// `conflict`, "last_factor": a required second factor would be gone.
Error last_factor();

NewChallenge make_challenge(const Services& s, const tables::User& user, Factor first,
                            const Origin& origin, Time now);

// Tries the answer with each factor in turn, and uses it up inside the transaction that acts on it.
// nullopt: it is wrong.
ProveFactor prove_second_factor;

// Removes a factor, with all that depends on it. Ends the other sessions and mails
// the owner. Errors: `not_found` when there is none; `conflict`, "last_factor", when one is
// required and no email is there for a code; `forbidden`, "passkey_required", for a member of a
// role of passkeys.required_for without a passkey or security key.
Result<void> remove_factor(const Services& s, const Person& caller, Method method,
                           const Origin& origin);

// For an administrator, when a user has lost their factors: ends all factors and all sessions, and
// forgets the devices from which the user has logged in (auth/core/limits/devices.h). Errors:
// `not_found`; `forbidden`, "beyond_api_key" (auth/core/key_reach.h).
Result<void> reset_factors(const Services& s, UserId user, const Origin& origin);

}  // namespace authd::auth
