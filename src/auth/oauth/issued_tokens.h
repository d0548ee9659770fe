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

// What the access token of a grant is for: what was granted and is wanted, without resources that
// are gone, and without scopes that the client may no longer have. Decided in the transaction that
// redeems a code or a refresh token, so that nothing is used up by a request that gets nothing.
// Errors: `malformed`, "invalid_target" and "invalid_scope".
Result<TokenWishes> wishes_for(const Services& s, store::Reader& tx, const GrantRows& rows,
                               const Narrowing& narrowing);

// The tokens of an open grant: the access token; the refresh token of its current generation; an ID
// token, with the nonce of the authorization request if this is the answer to its code. Error:
// `unavailable`.
Result<IssuedTokens> issue_tokens(const Services& s, const GrantRows& rows,
                                  const TokenWishes& wishes, std::string_view nonce, Time now);

}  // namespace authd::auth
