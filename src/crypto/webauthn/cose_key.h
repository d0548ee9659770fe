// Public keys of credentials, as COSE keys (RFC 9052 section 7, RFC 9053 section 7, RFC 8230
// section 4), with the rules of Web Authentication Level 3, sections 5.8.5 and 6.5.1.1: "alg" is
// there, and nothing besides what the key needs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/jose/signing_key.h"
#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::crypto {

// The algorithms of credentials, in the order in which authenticators are asked for them (RFC 9053
// sections 2.1 and 2.2, RFC 8812 section 2). Nothing is offered that cannot be verified. Some
// devices have no other than the first, some no other than the last.
struct CoseAlgorithm {
  int64_t id;
  Algorithm algorithm;
};
inline constexpr std::array<CoseAlgorithm, 3> kCoseAlgorithms = {{
    {-7, Algorithm::es256},  // on P-256 (section 5.8.5)
    {-8, Algorithm::eddsa},  // with Ed25519 (section 5.8.5)
    {-257, Algorithm::rs256},
}};

// Immutable; its const functions are safe in many threads at once.
class CoseKey {
 public:
  // The key of the bytes, with nothing after it. Refusals: `malformed_key`;
  // `algorithm_not_accepted`; `unsafe_key` for whatever public_jwk.h refuses, and for RSA also an
  // exponent other than 65537.
  static Checked<CoseKey> parse(std::string_view bytes);

  // The key at the front of the bytes: something else may follow it.
  static Checked<CoseKey> parse_front(std::string_view bytes);

  Algorithm algorithm() const { return key_.algorithm(); }
  int64_t cose_algorithm() const;
  // What it was read from, and what to store: the encoding is canonical.
  const std::string& bytes() const { return bytes_; }

  // The signature as authenticators write it (Web Authentication section 6.5.5): DER for ES256
  // (RFC 3279 section 2.2.3), which must be strict and have nothing after it.
  bool verify(std::string_view input, std::string_view signature) const;

 private:
  CoseKey(SigningKey key, std::string bytes) : key_(std::move(key)), bytes_(std::move(bytes)) {}

  SigningKey key_;
  std::string bytes_;
};

// r and s (RFC 7518 section 3.4) of a signature on P-256 in DER (X.690 section 10: the shortest
// lengths, the shortest positive integers, nothing after it); empty if it is something else.
std::string raw_from_strict_der(std::string_view der);

}  // namespace authd::crypto
