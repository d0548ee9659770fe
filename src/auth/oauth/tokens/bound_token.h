// Access tokens of clients as somebody presents them: alone (RFC 6750), or with a proof of the key
// to which they are bound (RFC 9449 section 7). Everything that accepts a token uses one of these
// two functions. A bound token is worthless alone, and an unbound one is refused with a proof,
// which would only seem to protect it.
#pragma once

#include <string_view>

#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/oauth/proofs/dpop.h"
#include "auth/oauth/tokens/client_token.h"

namespace authd::auth {

// Error::reason of the refusals that are about the key of a token.
inline constexpr std::string_view kBoundToken = "bound_token";

// "Authorization: Bearer TOKEN". Errors: those of authenticate_client_token(), and the same for a
// bound token, with kBoundToken.
Result<TokenHolder> authenticate_bearer(const Services& s, std::string_view token, Time now,
                                        Trace* trace = nullptr);

// "Authorization: DPoP TOKEN", with the header DPoP. Uses the proof up, except with a trace.
// Further errors: those of dpop.h.
Result<TokenHolder> authenticate_bound(const Services& s, std::string_view token,
                                       const SentProof& sent, Time now, Trace* trace = nullptr);

}  // namespace authd::auth
