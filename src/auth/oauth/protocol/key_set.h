// A JWK Set from elsewhere (RFC 7517 section 5), as text: the keys of a client, or of an issuer
// whose tokens count as assertions. It is kept as text, and only the keys that may have signed a
// token are read: prepared keys of a thousand clients would need a lot of memory.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/jose/jwt.h"

namespace authd::auth {

inline constexpr size_t kMaxKeySetBytes = 64 * 1024;
inline constexpr size_t kMaxClientKeys = 20;

// Whether a client may be registered with this set: 1 to kMaxClientKeys keys for verifying
// signatures, each as crypto/jose/public_jwk.h wants it and none with a private half or a kid that
// another one has. Error: `invalid`, with the field "jwks".
Result<void> check_key_set(std::string_view json);

// The same set without spaces and line breaks; what is no JSON object stays as it is.
std::string compact_key_set(std::string_view json);

// Whether this is a set at all. Its keys may still be unusable.
bool is_key_set(std::string_view json);

// Whether a key of the set fits what the token says of its key: its kid, if both have one, and its
// algorithm. It may be a key that is too weak to be used.
bool has_key_for(std::string_view set, const crypto::Jws& token);

// Whether a key that fits has signed the token. At most kMaxClientKeys are tried; keys that are too
// weak, or not for signatures, are passed over.
bool is_signed_by(std::string_view set, const crypto::Jws& token);

}  // namespace authd::auth
