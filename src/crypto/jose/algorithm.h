// The algorithms of signatures (RFC 7518 section 3.1, RFC 8037 section 3.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace authd::crypto {

// Keys of our own have one of the first four. The others are for verifying what others have signed.
enum class Algorithm {
  es256,
  eddsa,
  rs256,
  hs256,
  es384,
  es512,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512
};
inline constexpr size_t kAlgorithms = 11;

std::string_view name(Algorithm algorithm);  // "ES256", …
// "Ed25519" (RFC 9864) and "EdDSA" are the same: the only curve here is Ed25519.
std::optional<Algorithm> parse_algorithm(std::string_view name);

// What the algorithm needs of a key, and how it uses it.
enum class Family { ec, okp, rsa, rsa_pss, hmac };
struct Traits {
  Family family = Family::ec;
  const char* digest = nullptr;  // OpenSSL's name; null: Ed25519, which hashes by itself (RFC 8032)
  const char* curve = nullptr;   // of an EC key, as JWKs name it; null: not an EC key
  const char* group = nullptr;   // the same curve by OpenSSL's name
  size_t coordinate_bytes = 0;   // of the curve
};
const Traits& traits_of(Algorithm algorithm);

}  // namespace authd::crypto
