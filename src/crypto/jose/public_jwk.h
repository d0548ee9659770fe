// Keys of others, as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037 section 2). A published
// weak key lets strangers sign in its owner's name, so a key must pass every possible check before
// anything is verified with it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/jose/algorithm.h"

struct evp_pkey_st;

namespace authd::crypto {

struct PublicKey {
  // What it may verify, never hs256: the one of "alg", otherwise all that its type and curve allow.
  std::vector<Algorithm> algorithms;
  std::shared_ptr<evp_pkey_st> key;
};

// Members that say nothing about the key itself (kid, x5c, …) are not read. Error: `invalid`
// (`malformed` when this is not JSON) for everything but
//   - an RSA key: n odd and of 2048 to 8192 bits, e odd, at least 3 and of at most 64 bits (OpenSSL
//     verifies with no larger one beyond 3072 bits, and the time to verify grows with it), and n
//     without the mark of the generator that CVE-2017-15361 (ROCA) is about;
//   - an EC key: a point of P-256, P-384 or P-521, as two coordinates of the curve's full length;
//   - an OKP key: a point of Ed25519 in the group that the base point generates, in the one form
//     that RFC 8032 section 5.1.3 allows; with a point of small order, one signature is valid for
//     every text;
//   - without the private half ("d", and for RSA "p", "q", "dp", "dq", "qi", "oth"): a key that
//     everybody can read signs nothing;
//   - for verifying signatures, where it says what it is for: "use" is "sig", "key_ops" has
//   "verify"
//     and no member twice (RFC 7517 section 4.3), with both present nothing but "sign" and
//     "verify", and "alg", if present, is one that this type and curve are used with.
Result<PublicKey> parse_public_jwk(std::string_view json);

}  // namespace authd::crypto
