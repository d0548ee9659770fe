// Argon2 (RFC 9106) by libsodium. Its verifier honours the lanes of a stored hash, and new hashes
// have one.
#include <sodium.h>

#include <cerrno>

#include "base/encoding.h"
#include "crypto/argon2_memory.h"
#include "crypto/hash_forms.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

constexpr size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr size_t kHashBytes = 32;

// What a stored hash must have at least (RFC 9106 section 3.1: memory 8 p KiB, salt 8 bytes; its
// tag may have 4 bytes, libsodium asks for 16).
constexpr uint64_t kMinKibPerLane = 8;
constexpr size_t kMinSaltBytes = 8;
constexpr size_t kMinHashBytes = 16;

// PHC strings use base64 without padding.
std::string phc_base64(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('='))
    text.pop_back();
  return text;
}

// "m=65536,t=3,p=4" within the limits.
bool are_good_costs(std::string_view costs) {
  const std::vector<std::string_view> parts = split(costs, ',');
  if (parts.size() != 3 || !parts[0].starts_with("m=") || !parts[1].starts_with("t=") ||
      !parts[2].starts_with("p=")) {
    return false;
  }
  const auto memory_kib = parse_decimal(parts[0].substr(2), kMinKibPerLane, kMaxHashMemory / 1024);
  const auto passes = parse_decimal(parts[1].substr(2), 1, kMaxArgon2Passes);
  const auto lanes = parse_decimal(parts[2].substr(2), 1, kMaxArgon2Lanes);
  return memory_kib && passes && lanes && *memory_kib >= kMinKibPerLane * *lanes;
}

bool has_good_form(const std::vector<std::string_view>& parts) {
  // "", "argon2id", "v=19", costs, salt, hash
  if (parts.size() != 6 || parts[2] != "v=19" || !are_good_costs(parts[3])) return false;
  const auto salt = unpadded_base64_decode(parts[4]);
  const auto hash = unpadded_base64_decode(parts[5]);
  return salt && hash && salt->size() >= kMinSaltBytes && hash->size() >= kMinHashBytes;
}

}  // namespace

Result<std::string> hash_password(const Password& password, const Argon2Params& params,
                                  Random& random) {
  if (params.memory_bytes > kMaxHashMemory || params.passes > kMaxArgon2Passes) {
    return Error{ErrorCode::invalid, "the costs of password hashes are beyond their limits"};
  }
  init();
  const Argon2Scope scope;
  const std::string salt = random.bytes(kSaltBytes);
  std::string hash(kHashBytes, '\0');
  const std::string_view text = password.reveal();
  if (crypto_pwhash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), text.data(),
                    text.size(), reinterpret_cast<const unsigned char*>(salt.data()), params.passes,
                    params.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{ErrorCode::unavailable, "There is not enough memory to hash a password."};
  }
  return "$argon2id$v=19$m=" + std::to_string(params.memory_bytes / 1024) +
         ",t=" + std::to_string(params.passes) + ",p=1$" + phc_base64(salt) + "$" +
         phc_base64(hash);
}

Verdict verify_argon2(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (!has_good_form(parts)) return Verdict::unsupported;
  if (password == nullptr) return Verdict::mismatch;
  init();
  const Argon2Scope scope;
  const std::string text(stored);
  const std::string_view secret = password->reveal();
  const auto verify = parts[1] == "argon2id" ? &crypto_pwhash_argon2id_str_verify
                                             : &crypto_pwhash_argon2i_str_verify;
  errno = 0;
  if (verify(text.c_str(), secret.data(), secret.size()) == 0) return Verdict::match;
  // libsodium says EINVAL when it has compared; anything else is a hash that it could not compute.
  return errno == EINVAL ? Verdict::mismatch : Verdict::unsupported;
}

}  // namespace authd::crypto
