// Argon2 (RFC 9106) with libsodium. Its verifier honours the lanes of a stored hash; new hashes
// have one lane.
#include <sodium.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <optional>

#include "base/encoding.h"
#include "crypto/init.h"
#include "crypto/passwords/argon2_memory.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

constexpr size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr size_t kHashBytes = 32;

// The minimum for a stored hash (RFC 9106 section 3.1: memory 8 p KiB, salt 8 bytes; its tag may
// have 4 bytes, libsodium asks for 16).
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

// A stored hash that is within the limits.
struct Stored {
  bool is_argon2id = false;
  uint64_t memory_kib = 0;
  uint64_t passes = 0;
  uint64_t lanes = 0;
  std::string salt;
  std::string hash;
};

std::optional<Stored> parse(std::string_view stored) {
  // "", "argon2id", "v=19", "m=65536,t=3,p=4", salt, hash
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 6 || parts[2] != "v=19") return std::nullopt;
  const std::vector<std::string_view> costs = split(parts[3], ',');
  if (costs.size() != 3 || !costs[0].starts_with("m=") || !costs[1].starts_with("t=") ||
      !costs[2].starts_with("p=")) {
    return std::nullopt;
  }
  const auto memory_kib = parse_decimal(costs[0].substr(2), kMinKibPerLane, kMaxHashMemory / 1024);
  const auto passes = parse_decimal(costs[1].substr(2), 1, kMaxArgon2Passes);
  const auto lanes = parse_decimal(costs[2].substr(2), 1, kMaxArgon2Lanes);
  std::optional<std::string> salt = unpadded_base64_decode(parts[4]);
  std::optional<std::string> hash = unpadded_base64_decode(parts[5]);
  if (!memory_kib || !passes || !lanes || *memory_kib < kMinKibPerLane * *lanes || !salt || !hash ||
      salt->size() < kMinSaltBytes || hash->size() < kMinHashBytes) {
    return std::nullopt;
  }
  return Stored{parts[1] == "argon2id", *memory_kib,     *passes, *lanes,
                std::move(*salt),       std::move(*hash)};
}

// Whether libsodium can compute the bare hash: then it reports a lack of memory.
bool is_of_our_form(const Stored& stored) {
  return stored.is_argon2id && stored.lanes == 1 && stored.salt.size() == kSaltBytes;
}

// Throws std::bad_alloc; nothing else can fail when the costs are within their limits.
std::string argon2id(std::string_view password, std::string_view salt, size_t bytes,
                     uint64_t passes, uint64_t memory_bytes) {
  const Argon2Scope scope;
  std::string hash(bytes, '\0');
  if (crypto_pwhash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), password.data(),
                    password.size(), reinterpret_cast<const unsigned char*>(salt.data()), passes,
                    memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  return hash;
}

// For several lanes, another salt length or argon2i, libsodium offers only its own verifier, which
// also reports a mismatch if it got no memory. So a mismatch does not count unless that much memory
// can be allocated.
Verdict verify_foreign(std::string_view password, std::string_view text, const Stored& stored) {
  const Argon2Scope scope;
  const std::string copy(text);
  const auto verify =
      stored.is_argon2id ? &crypto_pwhash_argon2id_str_verify : &crypto_pwhash_argon2i_str_verify;
  errno = 0;
  if (verify(copy.c_str(), password.data(), password.size()) == 0) return Verdict::match;
  const bool has_compared = errno == EINVAL;
  const size_t bytes = stored.memory_kib * 1024;
  void* const as_much =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (as_much == MAP_FAILED) throw std::bad_alloc();
  munmap(as_much, bytes);
  return has_compared ? Verdict::mismatch : Verdict::unsupported;
}

}  // namespace

Result<std::string> hash_password(const Password& password, const Argon2Params& params,
                                  Random& random) {
  if (params.memory_bytes > kMaxHashMemory || params.passes > kMaxArgon2Passes) {
    return Error{ErrorCode::invalid, "the costs of password hashes are beyond their limits"};
  }
  init();
  const std::string salt = random.bytes(kSaltBytes);
  const std::string hash =
      argon2id(password.reveal(), salt, kHashBytes, params.passes, params.memory_bytes);
  return "$argon2id$v=19$m=" + std::to_string(params.memory_bytes / 1024) +
         ",t=" + std::to_string(params.passes) + ",p=1$" + phc_base64(salt) + "$" +
         phc_base64(hash);
}

Verdict verify_argon2(const Password* password, std::string_view text) {
  const std::optional<Stored> stored = parse(text);
  if (!stored) return Verdict::unsupported;
  if (password == nullptr) return Verdict::mismatch;
  init();
  if (!is_of_our_form(*stored)) return verify_foreign(password->reveal(), text, *stored);
  const std::string computed = argon2id(password->reveal(), stored->salt, stored->hash.size(),
                                        stored->passes, stored->memory_kib * 1024);
  return equal_constant_time(computed, stored->hash) ? Verdict::match : Verdict::mismatch;
}

}  // namespace authd::crypto
