// ID tokens: what a client learns of the login (OpenID Connect Core section 2).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "base/secret.h"
#include "crypto/jose/algorithm.h"

namespace authd::auth {

// How long a client may believe an ID token.
inline constexpr Seconds kIdTokenLife = std::chrono::hours(1);

// A signed ID token of the grant, beside this access token (`at_hash`). There is no `nbf`: clients
// whose clock is behind refuse it. Its algorithm is the one of the client. Error: `unavailable`.
Result<std::string> make_id_token(const Services& s, const GrantRows& rows,
                                  const AccessToken& access, std::string_view nonce, Time now);

// Its claims as JSON.
Result<std::string> id_token_claims(const Services& s, const GrantRows& rows,
                                    const AccessToken& access, std::string_view nonce, Time now);

// The algorithm of the client's ID tokens (words.h).
crypto::Algorithm id_token_algorithm(const tables::Client& client);

}  // namespace authd::auth
