// What the token endpoint issues (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "auth/oauth/client_token.h"
#include "base/secret.h"

namespace authd::auth {

struct IssuedTokens {
  AccessToken access;
  Seconds expires_in{};
  RefreshToken refresh;             // empty: none
  std::string id_token;             // empty: the scope openid was not granted
  std::vector<std::string> scopes;  // of the access token
};

// What the request at the token endpoint wants of the grant.
struct Narrowing {
  std::vector<std::string> resources;  // empty: all of the grant
  std::string scope;                   // empty: all
};

// The tokens of an open grant: an access token for the resources, or for userinfo; the refresh
// token of its current generation; an ID token, with the nonce of the authorization request if this
// is the answer to its code. Errors: `malformed`, "invalid_target" and "invalid_scope";
// `unavailable`.
Result<IssuedTokens> issue_tokens(const Services& s, const GrantRows& rows,
                                  const Narrowing& narrowing, std::string_view nonce, Time now);

// Refuses a narrowing that the grant does not cover, before anything is written. Errors: as above.
Result<void> check_narrowing(const tables::Grant& grant, const Narrowing& narrowing);

}  // namespace authd::auth
