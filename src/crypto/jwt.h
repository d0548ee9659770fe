// JSON Web Tokens in compact form (RFC 7515 section 7.1, RFC 7519), with the advice of RFC 8725:
// the key decides the algorithm, and headers that would let a token bring or name its own key are
// refused.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/signing_key.h"

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

// Demands that the header's alg is the key's, then that the signature is.
Result<void> verify(const Jws& jws, const SigningKey& key);

// The token with the header {"alg", "kid", "typ"}. Error: `unavailable`.
Result<std::string> sign_jwt(const SigningKey& key, std::string_view typ,
                             std::string_view payload_json);

}  // namespace authd::crypto
