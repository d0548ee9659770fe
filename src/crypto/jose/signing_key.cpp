#include "crypto/jose/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <new>

#include "base/check.h"
#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/digest.h"
#include "crypto/foreign.h"
#include "crypto/init.h"
#include "crypto/jose/public_jwk.h"

namespace authd::crypto {
namespace {

constexpr size_t kHmacKeyBytes = 32;
constexpr int kRsaBits = 2048;

using DigestContext = std::unique_ptr<EVP_MD_CTX, Releaser<EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Releaser<ECDSA_SIG_free>>;

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) {
  return {key, &EVP_PKEY_free};
}

bool is_ecdsa(Algorithm algorithm) {
  return traits_of(algorithm).family == Family::ec;
}

// The context of a verifier or signer; false when it cannot be.
using Prepare = int (*)(EVP_MD_CTX*, EVP_PKEY_CTX**, const char*, OSSL_LIB_CTX*, const char*,
                        EVP_PKEY*, const OSSL_PARAM*);
bool prepare_context(EVP_MD_CTX* context, Prepare prepare, Algorithm algorithm, EVP_PKEY* key) {
  const Traits& traits = traits_of(algorithm);
  EVP_PKEY_CTX* settings = nullptr;  // belongs to the context
  if (prepare(context, &settings, traits.digest, nullptr, nullptr, key, nullptr) != 1) return false;
  if (traits.family != Family::rsa_pss) return true;
  // RFC 7518 section 3.5: MGF1 with the same hash, and a salt as long as the hash.
  return EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1;
}

DigestContext new_context() {
  DigestContext context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

// Null when there is nothing to copy.
DigestContext copy_of(const EVP_MD_CTX* prepared) {
  if (prepared == nullptr) return nullptr;
  DigestContext context = new_context();
  if (EVP_MD_CTX_copy_ex(context.get(), prepared) != 1) throw std::bad_alloc();
  return context;
}

EVP_PKEY* generate_pkey(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256: return EVP_EC_gen("P-256");
    case Algorithm::eddsa: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case Algorithm::rs256: return EVP_RSA_gen(kRsaBits);
    default: return nullptr;  // No key of ours has another one.
  }
}

bool is_key_for(Algorithm algorithm, EVP_PKEY* key) {
  switch (algorithm) {
    case Algorithm::es256: {
      char group[32] = {};
      return EVP_PKEY_is_a(key, "EC") == 1 &&
             EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
             std::string_view(group) == "prime256v1";
    }
    case Algorithm::eddsa: return EVP_PKEY_is_a(key, "ED25519") == 1;
    case Algorithm::rs256:
      return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= kRsaBits;
    default: return false;
  }
}

// A number of the public key, big-endian; `size` pads it on the left (0: as short as it is).
std::string number_of(EVP_PKEY* key, const char* parameter, size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) throw std::bad_alloc();  // It has them all.
  const BigNumber number(raw);
  std::string bytes(size == 0 ? static_cast<size_t>(BN_num_bytes(raw)) : size, '\0');
  CHECK(BN_bn2binpad(raw, bytes_of(bytes), static_cast<int>(bytes.size())) >= 0);
  return bytes;
}

// The required members in lexicographic order, without spaces: what RFC 7638 section 3 hashes, and
// also the core of the published JWK.
std::string required_members(Algorithm algorithm, EVP_PKEY* key) {
  JsonWriter json;
  json.begin_object();
  const Traits& traits = traits_of(algorithm);
  const size_t size_of_coordinate = traits.coordinate_bytes;
  switch (traits.family) {
    case Family::ec:
      json.field("crv", traits.curve).field("kty", "EC");
      json.field("x",
                 base64url_encode(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size_of_coordinate)));
      json.field("y",
                 base64url_encode(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size_of_coordinate)));
      break;
    case Family::okp: {
      std::string raw(32, '\0');
      size_t size = raw.size();
      const bool is_there = EVP_PKEY_get_raw_public_key(key, bytes_of(raw), &size) == 1;
      if (!is_there) throw_if_no_memory();
      CHECK(is_there && size == raw.size());
      json.field("crv", "Ed25519").field("kty", "OKP").field("x", base64url_encode(raw));
      break;
    }
    case Family::rsa:
    case Family::rsa_pss:
      json.field("e", base64url_encode(number_of(key, OSSL_PKEY_PARAM_RSA_E, 0)));
      json.field("kty", "RSA");
      json.field("n", base64url_encode(number_of(key, OSSL_PKEY_PARAM_RSA_N, 0)));
      break;
    case Family::hmac: UNREACHABLE();
  }
  json.end_object();
  return json.take();
}

// OpenSSL's DER form of an ECDSA signature to r and s (RFC 7518 section 3.4).
Result<std::string> raw_from_der(std::string_view der, size_t half) {
  const unsigned char* at = bytes_of(der);
  const EcSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * half, '\0');
  const int size = static_cast<int>(half);
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(raw), size) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(raw) + half, size) < 0) {
    return Error{ErrorCode::unavailable, "A token cannot be signed."};
  }
  return raw;
}

// The inverse; empty when it cannot be. OpenSSL refuses r or s of 0 or beyond the group's order.
std::string der_from_raw(std::string_view raw, size_t half) {
  if (raw.size() != 2 * half) return "";
  const EcSignature signature(ECDSA_SIG_new());
  BigNumber r(BN_bin2bn(bytes_of(raw), static_cast<int>(half), nullptr));
  BigNumber s(BN_bin2bn(bytes_of(raw) + half, static_cast<int>(half), nullptr));
  if (!signature || !r || !s) throw std::bad_alloc();
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return "";
  (void)r.release();  // The signature owns them now.
  (void)s.release();
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) throw std::bad_alloc();
  std::string der(static_cast<size_t>(size), '\0');
  unsigned char* at = bytes_of(der);
  if (i2d_ECDSA_SIG(signature.get(), &at) != size) throw std::bad_alloc();
  return der;
}

Error no_key() {
  return Error{ErrorCode::invalid, "this is not a signing key"};
}

}  // namespace

Result<SigningKey> SigningKey::generate(Algorithm algorithm, Random& random) {
  init();
  SigningKey key;
  key.algorithm_ = algorithm;
  if (algorithm == Algorithm::hs256) {
    key.hmac_key_ = SecretKey(random.bytes(kHmacKeyBytes));
  } else {
    key.key_ = owned(generate_pkey(algorithm));
    if (!key.key_) return Error{ErrorCode::unavailable, "cannot create a signing key"};
  }
  key.prepare();
  return key;
}

Result<SigningKey> SigningKey::from_private(Algorithm algorithm, const SecretKey& bytes) {
  init();
  SigningKey key;
  key.algorithm_ = algorithm;
  if (algorithm == Algorithm::hs256) {
    // RFC 7518 section 3.2: at least as long as the hash.
    if (bytes.reveal().size() < kHmacKeyBytes) return no_key();
    key.hmac_key_ = SecretKey(std::string(bytes.reveal()));
  } else {
    const unsigned char* at = bytes_of(bytes.reveal());
    key.key_ = owned(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.reveal().size())));
    const bool is_whole = at == bytes_of(bytes.reveal()) + bytes.reveal().size();
    if (!key.key_ || !is_whole || !is_key_for(algorithm, key.key_.get())) {
      throw_if_no_memory();
      return no_key();
    }
  }
  key.prepare();
  return key;
}

Result<SigningKey> SigningKey::from_public_jwk(std::string_view json) {
  const PublicKey found = TRY(parse_public_jwk(json));
  SigningKey key;
  key.algorithm_ = found.algorithms.front();
  key.key_ = found.key;
  key.prepare();
  return key;
}

Result<std::vector<SigningKey>> SigningKey::all_from_public_jwk(std::string_view json) {
  const PublicKey found = TRY(parse_public_jwk(json));
  std::vector<SigningKey> keys;
  for (const Algorithm algorithm : found.algorithms) {
    SigningKey key;
    key.algorithm_ = algorithm;
    key.key_ = found.key;
    key.prepare();
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<SigningKey> SigningKey::verifier_from_public_jwk(std::string_view json) {
  const PublicKey found = TRY(parse_public_jwk(json));
  SigningKey key;
  key.algorithm_ = found.algorithms.front();
  key.key_ = found.key;
  key.prepare_verifier();
  return key;
}

void SigningKey::prepare() {
  describe();
  if (algorithm_ == Algorithm::hs256) return;
  // A key created while memory is short must not be kept as one that cannot sign.
  DigestContext signer = new_context();
  if (prepare_context(signer.get(), &EVP_DigestSignInit_ex, algorithm_, key_.get())) {
    signer_ = std::move(signer);
  } else {
    throw_if_no_memory();
  }
  prepare_verifier();
}

void SigningKey::prepare_verifier() {
  DigestContext verifier = new_context();
  if (prepare_context(verifier.get(), &EVP_DigestVerifyInit_ex, algorithm_, key_.get())) {
    verifier_ = std::move(verifier);
  } else {
    throw_if_no_memory();
  }
}

void SigningKey::describe() {
  if (algorithm_ == Algorithm::hs256) {
    kid_ = base64url_encode(hmac_sha256(hmac_key_.reveal(), "authd key id"));
    return;
  }
  const std::string members = required_members(algorithm_, key_.get());
  kid_ = base64url_encode(sha256(members));
  JsonWriter json;
  json.begin_object().field("kid", kid_).field("use", "sig").field("alg", name(algorithm_));
  json.end_object();
  // Both are objects: the second without its opening brace continues the first without its closing
  // one.
  public_jwk_ = members.substr(0, members.size() - 1) + "," + json.text().substr(1);
}

SecretKey SigningKey::private_bytes() const {
  if (algorithm_ == Algorithm::hs256) return SecretKey(std::string(hmac_key_.reveal()));
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key_.get(), &der);
  if (size <= 0) throw std::bad_alloc();
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return SecretKey(std::move(bytes));
}

Result<std::string> SigningKey::sign(std::string_view input) const {
  if (algorithm_ == Algorithm::hs256) return hmac_sha256(hmac_key_.reveal(), input);
  const DigestContext context = copy_of(signer_.get());
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  size_t size = signature.size();
  if (!context || EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(input),
                                 input.size()) != 1) {
    return Error{ErrorCode::unavailable, "A token cannot be signed."};
  }
  signature.resize(size);
  if (is_ecdsa(algorithm_)) return raw_from_der(signature, traits_of(algorithm_).coordinate_bytes);
  return signature;
}

bool SigningKey::verify(std::string_view input, std::string_view signature) const {
  if (algorithm_ == Algorithm::hs256) {
    return equal_constant_time(hmac_sha256(hmac_key_.reveal(), input), signature);
  }
  const std::string der = is_ecdsa(algorithm_)
                              ? der_from_raw(signature, traits_of(algorithm_).coordinate_bytes)
                              : std::string(signature);
  const DigestContext context = copy_of(verifier_.get());
  if (der.empty() || !context) return false;
  const bool is_good = EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(input),
                                        input.size()) == 1;
  if (!is_good) throw_if_no_memory();
  return is_good;
}

}  // namespace authd::crypto
