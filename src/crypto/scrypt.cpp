// werkzeug's scrypt (RFC 7914), by OpenSSL.
#include <openssl/evp.h>

#include "base/encoding.h"
#include "crypto/hash_forms.h"
#include "crypto/init.h"
#include "crypto/password_hash.h"

namespace authd::crypto {
namespace {

constexpr size_t kHashBytes = 64;

// What OpenSSL needs in addition to the 128 N r bytes that kMaxHashMemory bounds.
constexpr uint64_t kMemoryOverhead = 1 << 20;

}  // namespace

// scrypt:32768:8:1$salt$hex; the salt is text and is used as it is.
Verdict verify_werkzeug_scrypt(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 3) return Verdict::unsupported;
  const std::vector<std::string_view> method = split(parts[0], ':');
  if (method.size() != 4) return Verdict::unsupported;
  const auto n = parse_decimal(method[1], 2, kMaxScryptN);
  const auto r = parse_decimal(method[2], 1, kMaxScryptR);
  const auto p = parse_decimal(method[3], 1, kMaxScryptP);
  const std::optional<std::string> expected = hex_decode(parts[2]);
  // 128 N r bytes (RFC 7914 section 2); N is a power of two.
  if (!n || !r || !p || !expected || expected->size() != kHashBytes || parts[1].empty() ||
      (*n & (*n - 1)) != 0 || 128 * *n * *r > kMaxHashMemory) {
    return Verdict::unsupported;
  }
  if (password == nullptr) return Verdict::mismatch;
  init();
  std::string derived(expected->size(), '\0');
  const std::string_view text = password->reveal();
  if (EVP_PBE_scrypt(text.data(), text.size(),
                     reinterpret_cast<const unsigned char*>(parts[1].data()), parts[1].size(), *n,
                     *r, *p, kMaxHashMemory + kMemoryOverhead,
                     reinterpret_cast<unsigned char*>(derived.data()), derived.size()) != 1) {
    throw_if_no_memory();
    return Verdict::unsupported;
  }
  return equal_constant_time(derived, *expected) ? Verdict::match : Verdict::mismatch;
}

}  // namespace authd::crypto
