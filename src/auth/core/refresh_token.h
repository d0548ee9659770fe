// The refresh token: session id (16 bytes), generation (8 bytes), and an HMAC-SHA256 over both
// under a key that only the server has; 56 bytes, base64url. Nothing secret is stored for it, and
// the same session and generation always give the same token, so that a client whose answer was
// lost gets the very same successor again (auth/sessions/sessions.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"

namespace authd::auth {

inline constexpr size_t kSessionIdBytes = 16;

struct RefreshClaim {
  std::string session_id;
  uint64_t generation = 0;
};

RefreshToken make_refresh_token(const SecretKey& key, const RefreshClaim& claim);

// nullopt when the text is no token that this server made.
std::optional<RefreshClaim> parse_refresh_token(const SecretKey& key, const RefreshToken& token);

}  // namespace authd::auth
