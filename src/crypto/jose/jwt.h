// JSON Web Tokens in compact form (RFC 7515 section 7.1, RFC 7519), with the advice of RFC 8725:
// the key decides the algorithm, and headers that would let a token bring or name its own key are
// refused.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/jose/signing_key.h"

namespace authd::crypto {

inline constexpr size_t kMaxTokenBytes = 8 * 1024;  // of tokens that clients send

// ID tokens of other providers come with a reply that we asked for, and name every group of a
// person: Microsoft Entra writes up to 200.
inline constexpr size_t kMaxIdTokenBytes = 64 * 1024;

// A token taken apart. Trust nothing in it before verify().
struct Jws {
  std::string alg;            // as name() writes it
  std::string kid;            // empty when absent
  std::string typ;            // empty when absent
  std::string signing_input;  // the bytes that the signature covers
  std::string payload;        // decoded
  std::string signature;      // decoded
};

// Strict: three parts of unpadded base64url, at most `limit` bytes, a JSON header without
// duplicate keys and without crit, jku, jwk, x5u, x5c, b64, zip, an alg other than "none". Error:
// `unauthenticated`, "invalid_token", one text.
Result<Jws> parse_compact(std::string_view token, size_t limit = kMaxTokenBytes);

// A token that brings the key which is said to have signed it (RFC 7515 section 4.1.3). Whoever
// verifies it with that key learns that the sender has the private half, and nothing about who the
// sender is: it is for proofs of possession (RFC 9449 section 4.2), and never for tokens.
struct KeyedJws {
  Jws jws;
  std::string jwk;  // JSON, as sent; parse_public_jwk() is yet to refuse what is no good key
};

// As strict as parse_compact(), but the header has to have a jwk, an object.
Result<KeyedJws> parse_keyed(std::string_view token, size_t limit = kMaxTokenBytes);

// Demands that the header's alg is the key's, then that the signature is.
Result<void> verify(const Jws& jws, const SigningKey& key);

// The token with the header {"alg", "kid", "typ"}. Error: `unavailable`.
Result<std::string> sign_jwt(const SigningKey& key, std::string_view typ,
                             std::string_view payload_json);

}  // namespace authd::crypto
