// What other programs ask about tokens: introspection (RFC 7662) and revocation (RFC 7009). Both
// take access and refresh tokens alike; the type hints of the RFCs are optional for the server and
// not needed here.
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
  std::shared_ptr<const Claims> claims;  // of an access token
};

// What is known of a token that is good now; nullopt for every other one.
Result<std::optional<Introspection>> introspect(const Services& s, std::string_view token,
                                                Time now);

// Ends a token: an access token by itself, a refresh token with its session. A token that is not
// good is no error (RFC 7009 section 2.2); true when there was something to end.
Result<bool> revoke_token(const Services& s, std::string_view token, const Origin& origin,
                          Time now);

// Ends an access token by its claims.
Result<void> revoke_access_token(const Services& s, const Claims& claims);

}  // namespace authd::auth
