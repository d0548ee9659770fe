// scrypt (RFC 7914) in the forms of werkzeug, Django and passlib, by OpenSSL.
#include <openssl/evp.h>

#include "base/encoding.h"
#include "crypto/foreign.h"
#include "crypto/init.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

constexpr size_t kHashBytes = 64;         // of werkzeug and Django
constexpr size_t kPasslibHashBytes = 32;  // at least

// What OpenSSL needs in addition to the 128 N r bytes that kMaxHashMemory bounds.
constexpr uint64_t kMemoryOverhead = 1 << 20;

Verdict compare(const Password* password, std::string_view salt, const ScryptCosts& costs,
                std::string_view expected) {
  std::string derived(expected.size(), '\0');
  const Verdict done = derive_scrypt(password, salt, costs, derived);
  if (done != Verdict::match) return done;
  return equal_constant_time(derived, expected) ? Verdict::match : Verdict::mismatch;
}

}  // namespace

Verdict derive_scrypt(const Password* password, std::string_view salt, const ScryptCosts& costs,
                      std::string& derived) {
  const auto& [n, r, p] = costs;
  // 128 N r bytes (RFC 7914 section 2); N is a power of two.
  if (n < 2 || n > kMaxScryptN || r < 1 || r > kMaxScryptR || p < 1 || p > kMaxScryptP ||
      salt.empty() || (n & (n - 1)) != 0 || 128 * n * r > kMaxHashMemory) {
    return Verdict::unsupported;
  }
  if (password == nullptr) return Verdict::mismatch;
  init();
  const std::string_view text = password->reveal();
  if (EVP_PBE_scrypt(text.data(), text.size(), bytes_of(salt), salt.size(), n, r, p,
                     kMaxHashMemory + kMemoryOverhead, bytes_of(derived), derived.size()) != 1) {
    throw_if_no_memory();
    return Verdict::unsupported;
  }
  return Verdict::match;
}

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
  if (!n || !r || !p || !expected || expected->size() != kHashBytes) return Verdict::unsupported;
  return compare(password, parts[1], {*n, *r, *p}, *expected);
}

// scrypt$16384$salt$8$1$base64; the salt is text and is used as it is.
Verdict verify_django_scrypt(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 6) return Verdict::unsupported;
  const auto n = parse_decimal(parts[1], 2, kMaxScryptN);
  const auto r = parse_decimal(parts[3], 1, kMaxScryptR);
  const auto p = parse_decimal(parts[4], 1, kMaxScryptP);
  const std::optional<std::string> expected = base64_decode(parts[5]);
  if (!n || !r || !p || !expected || expected->size() != kHashBytes) return Verdict::unsupported;
  return compare(password, parts[2], {*n, *r, *p}, *expected);
}

// $scrypt$ln=16,r=8,p=1$salt$hash, both base64 without padding
Verdict verify_passlib_scrypt(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 5) return Verdict::unsupported;
  const std::vector<std::string_view> costs = split(parts[2], ',');
  if (costs.size() != 3 || !costs[0].starts_with("ln=") || !costs[1].starts_with("r=") ||
      !costs[2].starts_with("p=")) {
    return Verdict::unsupported;
  }
  const auto log_n = parse_decimal(costs[0].substr(3), 1, 20);
  const auto r = parse_decimal(costs[1].substr(2), 1, kMaxScryptR);
  const auto p = parse_decimal(costs[2].substr(2), 1, kMaxScryptP);
  const std::optional<std::string> salt = unpadded_base64_decode(parts[3]);
  const std::optional<std::string> expected = unpadded_base64_decode(parts[4]);
  if (!log_n || !r || !p || !salt || !expected || expected->size() < kPasslibHashBytes ||
      expected->size() > kHashBytes) {
    return Verdict::unsupported;
  }
  return compare(password, *salt, {uint64_t{1} << *log_n, *r, *p}, *expected);
}

}  // namespace authd::crypto
