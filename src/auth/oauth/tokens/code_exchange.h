// Authorization codes: made when a person has allowed a client in, exchanged once for tokens (RFC
// 6749 section 4.1.3). The store has only the hash of a code. A code that comes a second time was
// stolen or is being replayed: the grant ends, and with it every token (RFC 9700 section 4.5).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/tokens/issued_tokens.h"

namespace authd::auth {

// How long a used code is remembered, so that a second use is noticed; longer than any
// provider.code_ttl.
inline constexpr Milliseconds kUsedCodeLife = std::chrono::minutes(20);

struct MadeGrantCode {
  std::string code;  // 32 random bytes as base64url
  tables::AuthorizationCode row;
};
// A code that lives from `now` on; the caller fills in the grant and inserts the row, in the
// transaction that makes the grant.
MadeGrantCode make_grant_code(const Services& s, Time now);

struct CodeExchange {
  std::string code;
  std::string redirect_uri;   // empty: not sent
  std::string code_verifier;  // empty: not sent
  Narrowing narrowing;
};

// The tokens for the code. Errors: `malformed`, with the names of RFC 6749 section 5.2:
// "invalid_grant", with one text, whatever is wrong with the code; "invalid_target";
// "invalid_scope".
Result<IssuedTokens> exchange_code(const Services& s, const Program& client,
                                   const CodeExchange& exchange, const Origin& origin);

}  // namespace authd::auth
