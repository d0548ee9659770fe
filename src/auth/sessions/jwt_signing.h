// JWTs signed with the keys of the keyring: the part that access tokens, ID tokens and tokens for
// clients have in common. The key decides the algorithm, and `typ` tells one kind from the other
// (RFC 8725 section 3.11).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/sessions/keyring.h"
#include "crypto/jose/jwt.h"

namespace authd::auth {

// A JWT with the header {alg, kid, typ}, signed by the active key of the algorithm. Error:
// `unavailable`.
Result<std::string> sign_jwt(const Services& s, crypto::Algorithm algorithm, std::string_view typ,
                             std::string_view payload_json);

// What a JWT must be to pass as one of a kind.
struct JwtKind {
  std::string_view typ;  // RFC 8725 section 3.11
  // authd's own access tokens may be signed with a symmetric key (tokens.algorithm). What clients
  // verify never is.
  bool may_be_symmetric = false;
};

// The token, if its signature is that of a key in `keys` which may have signed, and its `typ` is
// the one of the kind, with or without "application/" (RFC 7515 section 4.1.9). The claims are not
// looked at. Error: `unauthenticated`, "invalid_token".
Result<crypto::Jws> verify_jwt(const KeySet& keys, std::string_view token, JwtKind kind,
                               Trace* trace = nullptr);

// The same with the keys that are in the store now. Further error: `unavailable`.
Result<crypto::Jws> verify_own_jwt(const Services& s, std::string_view token, JwtKind kind);

}  // namespace authd::auth
