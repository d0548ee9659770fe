// Argon2 (RFC 9106) by libsodium. Its verifier honours the lanes of a stored hash, and new hashes
// have one.
#include <sodium.h>

#include "base/encoding.h"
#include "crypto/hash_forms.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

constexpr size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr size_t kHashBytes = 32;

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
  return parts.size() == 3 && parts[0].starts_with("m=") && parts[1].starts_with("t=") &&
         parts[2].starts_with("p=") &&
         parse_decimal(parts[0].substr(2), 8, kMaxHashMemory / 1024) &&
         parse_decimal(parts[1].substr(2), 1, kMaxArgon2Passes) &&
         parse_decimal(parts[2].substr(2), 1, kMaxArgon2Lanes);
}

}  // namespace

Result<std::string> hash_password(const Password& password, const Argon2Params& params,
                                  Random& random) {
  init();
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
  // "", "argon2id", "v=19", costs, salt, hash
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 6 || parts[2] != "v=19" || !are_good_costs(parts[3]) || parts[4].empty() ||
      parts[5].empty()) {
    return Verdict::unsupported;
  }
  if (password == nullptr) return Verdict::mismatch;
  init();
  const std::string text(stored);
  const std::string_view secret = password->reveal();
  const auto verify = parts[1] == "argon2id" ? &crypto_pwhash_argon2id_str_verify
                                             : &crypto_pwhash_argon2i_str_verify;
  return verify(text.c_str(), secret.data(), secret.size()) == 0 ? Verdict::match
                                                                 : Verdict::mismatch;
}

}  // namespace authd::crypto
