// Introspection (RFC 7662) and revocation (RFC 7009) of tokens for other programs. Both accept
// access and refresh tokens; the type hints of the RFCs are optional and not needed here.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

struct Introspection {
  bool is_refresh = false;
  tables::User user;
  tables::Session session;
  std::vector<std::string> roles;
  std::shared_ptr<const Claims> claims;  // for an access token
};

// Information about a token that is valid now; nullopt for any other token.
Result<std::optional<Introspection>> introspect(const Services& s, std::string_view token,
                                                Time now);

// Revokes a token: only itself if it is an access token; with its session if it is a refresh token.
// An invalid token is not an error (RFC 7009 section 2.2); returns true when something was revoked.
Result<bool> revoke_token(const Services& s, std::string_view token, const Origin& origin,
                          Time now);

// Revokes the access token with these claims.
Result<void> revoke_access_token(const Services& s, const Claims& claims);

}  // namespace authd::auth
