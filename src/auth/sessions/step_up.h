// An action that ends the account or changes how it is accessed (names, phone number, password,
// factors, API keys, providers), and an administrator's change of how others get in, needs a proof
// no older than this: a stolen access token alone must not suffice (NIST SP 800-63B-4 section
// 4.1.2.1). Where the account has a second factor, the proof must contain it.
#pragma once

#include "auth/sessions/access_token.h"
#include "base/result.h"

namespace authd::auth {

inline constexpr Milliseconds kFreshProof = std::chrono::minutes(15);

// A login or reauthenticate() (auth/signin/reauthentication.h) renews the proof. Both ask an
// account that has a second factor for it. Error: `forbidden`, "reauthentication_required".
Result<void> require_fresh_proof(const Person& caller, Time now);

}  // namespace authd::auth
