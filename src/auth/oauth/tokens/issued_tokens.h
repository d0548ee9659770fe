// What the token endpoint issues (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "auth/oauth/proofs/dpop.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/client_token.h"
#include "base/secret.h"

namespace authd::auth {

struct IssuedTokens {
  AccessToken access;
  Seconds expires_in{};
  RefreshToken refresh;             // empty: none
  std::string id_token;             // empty: the scope openid was not granted
  std::vector<std::string> scopes;  // of the access token
  std::string_view token_type = kBearerType;
  // Of an exchange (RFC 8693 section 2.2.1); otherwise empty.
  std::string_view issued_token_type = {};
};

// What the request at the token endpoint wants of the grant.
struct Narrowing {
  std::vector<std::string> resources;  // empty: all of the grant
  std::string scope;                   // empty: all
  Proof proof = {};                    // of the key to which the tokens are bound; empty: to none
};

// What the access token of a grant is for: what was granted and is wanted, without resources that
// are gone, and without scopes that the client may no longer have. Decided in the transaction that
// redeems a code or a refresh token, so that nothing is used up by a request that gets nothing.
// Errors: `malformed`, "invalid_target" and "invalid_scope".
Result<TokenWishes> wishes_for(const Services& s, store::Reader& tx, const GrantRows& rows,
                               const Narrowing& narrowing);

// Binds the refresh token of a grant that is about to be opened to the key (RFC 9449 section 5). A
// client that authenticates proves by that who it is, and may have another key with each request.
void bind_grant(GrantRows& rows, const Proof& proof);

// What a token without a grant of its own leaves behind: the mark of its proof, and at most once in
// a kUseStep that the client was used. Errors: those of use_proof().
Result<void> note_issue(const Services& s, const tables::Client& client, const Proof& proof,
                        Time now);

// The tokens of an open grant: the access token; the refresh token of its current generation; an ID
// token, with the nonce of the authorization request if this is the answer to its code. Error:
// `unavailable`.
Result<IssuedTokens> issue_tokens(const Services& s, const GrantRows& rows,
                                  const TokenWishes& wishes, std::string_view nonce, Time now);

}  // namespace authd::auth
