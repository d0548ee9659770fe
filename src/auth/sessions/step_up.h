// An action that ends the account or changes how it is accessed (password, email, factors) needs a
// proof no older than this: a stolen access token alone must not suffice (NIST SP 800-63B section
// 7.2).
#pragma once

#include "auth/sessions/access_token.h"
#include "base/result.h"

namespace authd::auth {

inline constexpr Milliseconds kFreshProof = std::chrono::minutes(15);

// Error: `forbidden`, "reauthentication_required".
Result<void> require_fresh_proof(const Person& caller, Time now);

}  // namespace authd::auth
