#include "crypto/jose/public_jwk.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/foreign.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

constexpr int kMinModulusBits = 2048;
constexpr int kMaxModulusBits = 8192;
constexpr int kMaxExponentBits = 64;
constexpr size_t kMaxMemberBytes = kMaxModulusBits / 8 + 1;  // with a byte of 0 in front

using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Releaser<EVP_PKEY_CTX_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Releaser<OSSL_PARAM_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Releaser<OSSL_PARAM_BLD_free>>;
using Key = std::shared_ptr<EVP_PKEY>;

Error no_key() {
  return Error{ErrorCode::invalid, "this is not a signing key"};
}

Result<Key> public_pkey(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    throw_if_no_memory();
    return no_key();
  }
  return Key(key, &EVP_PKEY_free);
}

Result<std::string> member_bytes(const JsonObject& jwk, std::string_view name) {
  const std::optional<std::string> bytes = base64url_decode(TRY(jwk.string(name)));
  if (!bytes || bytes->empty() || bytes->size() > kMaxMemberBytes) return no_key();
  return *bytes;
}

// The algorithm of the curve.
std::optional<Algorithm> algorithm_of_curve(std::string_view curve) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::es512}) {
    if (curve == traits_of(algorithm).curve) return algorithm;
  }
  return std::nullopt;
}

// OpenSSL refuses what is not on the curve, a coordinate that is not below p among it.
Result<Key> ec_key(const JsonObject& jwk, const Traits& traits) {
  const std::string x = TRY(member_bytes(jwk, "x"));
  const std::string y = TRY(member_bytes(jwk, "y"));
  if (x.size() != traits.coordinate_bytes || y.size() != x.size()) return no_key();
  const std::string point = "\x04" + x + y;  // uncompressed (SEC 1 section 2.3.3)
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder) throw std::bad_alloc();
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, traits.group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return public_pkey("EC", builder.get());
}

// Whether `residue` is a power of 65537 modulo the prime.
bool is_power_of_f4(BN_ULONG residue, BN_ULONG prime) {
  const BN_ULONG step = 65537 % prime;
  BN_ULONG power = 1;
  do {
    if (power == residue) return true;
    power = power * step % prime;
  } while (power != 1);
  return false;
}

// A library of many smart cards chose both primes as k·M + (65537^a mod M), with M the product of
// the first primes: their product is then a power of 65537 modulo each of them, and can be factored
// (CVE-2017-15361). Another modulus of 2048 bits passes all of these with a chance of less than
// 2^-27.
bool has_mark_of_roca(const BIGNUM* modulus) {
  static constexpr std::array<BN_ULONG, 20> kTelling = {
      3, 5, 7, 11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157};
  return std::all_of(kTelling.begin(), kTelling.end(), [&](BN_ULONG prime) {
    return is_power_of_f4(BN_mod_word(modulus, prime), prime);
  });
}

bool is_safe(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  return bits >= kMinModulusBits && bits <= kMaxModulusBits && BN_is_odd(modulus) == 1 &&
         BN_is_odd(exponent) == 1 && BN_is_one(exponent) == 0 &&
         BN_num_bits(exponent) <= kMaxExponentBits && !has_mark_of_roca(modulus);
}

// Each of them gives the private half away (RFC 7518 section 6.3.2).
constexpr std::string_view kRsaSecrets[] = {"p", "q", "dp", "dq", "qi", "oth"};

Result<Key> rsa_key(const JsonObject& jwk) {
  for (const std::string_view secret : kRsaSecrets)
    if (jwk.has(secret)) return no_key();
  const std::string n = TRY(member_bytes(jwk, "n"));
  const std::string e = TRY(member_bytes(jwk, "e"));
  const BigNumber modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr));
  const BigNumber exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr));
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder) throw std::bad_alloc();
  if (!is_safe(modulus.get(), exponent.get())) return no_key();
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return public_pkey("RSA", builder.get());
}

Result<Key> okp_key(const JsonObject& jwk) {
  const std::string x = TRY(member_bytes(jwk, "x"));
  if (TRY(jwk.string("crv")) != "Ed25519" || x.size() != crypto_core_ed25519_BYTES ||
      crypto_core_ed25519_is_valid_point(bytes_of(x)) != 1) {
    return no_key();
  }
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()),
          &EVP_PKEY_free);
  if (!key) {
    throw_if_no_memory();
    return no_key();
  }
  return key;
}

Result<PublicKey> key_of(const JsonObject& jwk) {
  const std::string type = TRY(jwk.string("kty"));
  if (jwk.has("d")) return no_key();
  PublicKey found;
  if (type == "EC") {
    const auto algorithm = algorithm_of_curve(TRY(jwk.string("crv")));
    if (!algorithm) return no_key();
    found.algorithms = {*algorithm};
    found.key = TRY(ec_key(jwk, traits_of(*algorithm)));
  } else if (type == "RSA") {
    found.algorithms = {Algorithm::rs256, Algorithm::rs384, Algorithm::rs512,
                        Algorithm::ps256, Algorithm::ps384, Algorithm::ps512};
    found.key = TRY(rsa_key(jwk));
  } else if (type == "OKP") {
    found.algorithms = {Algorithm::eddsa};
    found.key = TRY(okp_key(jwk));
  } else {
    return no_key();
  }
  return found;
}

bool is_for_verifying(std::vector<std::string> operations, bool has_use) {
  std::sort(operations.begin(), operations.end());
  if (std::adjacent_find(operations.begin(), operations.end()) != operations.end()) return false;
  const auto is_of_signatures = [](const std::string& operation) {
    return operation == "sign" || operation == "verify";
  };
  if (has_use && !std::all_of(operations.begin(), operations.end(), is_of_signatures)) return false;
  return std::binary_search(operations.begin(), operations.end(), "verify");
}

// What the key says it is for. With "alg", only that algorithm is left.
Result<void> check_purpose(const JsonObject& jwk, std::vector<Algorithm>& algorithms) {
  const auto use = TRY(jwk.optional_string("use"));
  const auto operations = TRY(jwk.optional_strings("key_ops"));
  const auto alg = TRY(jwk.optional_string("alg"));
  if (use && *use != "sig") return no_key();
  if (operations && !is_for_verifying(*operations, use.has_value())) return no_key();
  if (!alg) return {};
  const std::optional<Algorithm> only = parse_algorithm(*alg);
  if (!only || std::find(algorithms.begin(), algorithms.end(), *only) == algorithms.end()) {
    return no_key();
  }
  algorithms = {*only};
  return {};
}

}  // namespace

Result<PublicKey> parse_public_jwk(std::string_view json) {
  init();
  const JsonObject jwk = TRY(JsonObject::parse(json));
  PublicKey found = TRY(key_of(jwk));
  TRY(check_purpose(jwk, found.algorithms));
  return found;
}

}  // namespace authd::crypto
