// JWTs signed with the keys of the keyring: the part that access tokens, ID tokens and tokens for
// clients have in common. The key decides the algorithm, and `typ` tells one kind from the other
// (RFC 8725 section 3.11).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/sessions/keyring.h"
#include "crypto/jwt.h"

namespace authd::auth {

// A JWT with the header {alg, kid, typ}, signed by the active key of the algorithm. Error:
// `unavailable`.
Result<std::string> sign_jwt(const Services& s, crypto::Algorithm algorithm, std::string_view typ,
                             std::string_view payload_json);

// The token, if its signature is that of a key in `keys` which may have signed, and its `typ` is
// this one, with or without "application/" (RFC 7515 section 4.1.9). Symmetric keys do not count:
// what clients verify is never signed with one. The claims are not looked at. Error:
// `unauthenticated`, "invalid_token".
Result<crypto::Jws> verify_jwt(const KeySet& keys, std::string_view token, std::string_view typ);

// The same with the keys that are in the store now. Further error: `unavailable`.
Result<crypto::Jws> verify_own_jwt(const Services& s, std::string_view token, std::string_view typ);

}  // namespace authd::auth
