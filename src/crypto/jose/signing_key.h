// Keys that sign tokens (RFC 7518 section 3.1, RFC 8037): ES256, EdDSA with Ed25519, RS256, HS256;
// and public keys of others, which verify with more algorithms (algorithm.h). The algorithm is a
// property of the key; nothing in a token chooses it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/jose/algorithm.h"

struct evp_pkey_st;
struct evp_md_ctx_st;

namespace authd::crypto {

// Immutable; its const functions are safe in many threads at once.
class SigningKey {
 public:
  // RSA keys have 2048 bits, HMAC keys 32 bytes. Only HMAC keys come from `random`: OpenSSL
  // generates the others with its own generator, which the kernel seeds. Error: `unavailable`.
  static Result<SigningKey> generate(Algorithm algorithm, Random& random);

  // From private_bytes(), with nothing after it. Error: `invalid`.
  static Result<SigningKey> from_private(Algorithm algorithm, const SecretKey& bytes);

  // From a public JWK: verifies only. What it refuses stands in public_jwk.h. The second function
  // makes one for each algorithm that the key may be used with (several for an RSA key without
  // "alg"), the first only the first of these. Error: `invalid`.
  static Result<SigningKey> from_public_jwk(std::string_view json);
  static Result<std::vector<SigningKey>> all_from_public_jwk(std::string_view json);
  // As the first, in half the time, for a key that is read for one signature: kid() and
  // public_jwk() are empty.
  static Result<SigningKey> verifier_from_public_jwk(std::string_view json);

  // DER: PKCS#8 for EdDSA, else the algorithm's own form (RFC 5915, RFC 8017 appendix A.1.2); for
  // HS256 the raw key. Not for a public key.
  SecretKey private_bytes() const;

  Algorithm algorithm() const { return algorithm_; }
  // The JWK thumbprint (RFC 7638); for HS256 a one-way name that reveals nothing about the key.
  const std::string& kid() const { return kid_; }
  // The public key as a JWK with use, alg and kid (RFC 7517); empty for HS256.
  const std::string& public_jwk() const { return public_jwk_; }

  // The raw signature (ECDSA: r and s; RFC 7518 section 3.4). Error: `unavailable`.
  Result<std::string> sign(std::string_view input) const;
  bool verify(std::string_view input, std::string_view signature) const;

 private:
  SigningKey() = default;
  void prepare();
  void prepare_verifier();
  void describe();

  Algorithm algorithm_ = Algorithm::es256;
  std::shared_ptr<evp_pkey_st> key_;               // not for HS256
  std::shared_ptr<const evp_md_ctx_st> signer_;    // set up once and copied for every signature,
  std::shared_ptr<const evp_md_ctx_st> verifier_;  // which costs a tenth less than setting up
  SecretKey hmac_key_;                             // HS256 only
  std::string kid_;
  std::string public_jwk_;
};

}  // namespace authd::crypto
