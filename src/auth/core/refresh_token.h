// The refresh token: session id (16 bytes), generation (8 bytes), and an HMAC-SHA256 over both with
// a key that only the server has; 56 bytes, as base64url. The store holds no secret for it. The
// same session and generation always yield the same token, so a client that lost a reply gets the
// identical successor again (auth/sessions/sessions.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"

namespace authd::auth {

inline constexpr size_t kSessionIdBytes = 16;

// What a refresh token renews. A token of one kind is never accepted as the other.
enum class RefreshFamily { session, grant };

struct RefreshClaim {
  std::string session_id;  // or that of the grant (auth/oauth/tokens/grants.h)
  uint64_t generation = 0;
};

RefreshToken make_refresh_token(const SecretKey& key, const RefreshClaim& claim,
                                RefreshFamily family = RefreshFamily::session);

// nullopt when this server did not issue the text as a token.
std::optional<RefreshClaim> parse_refresh_token(const SecretKey& key, const RefreshToken& token,
                                                RefreshFamily family = RefreshFamily::session);

}  // namespace authd::auth
