// PBKDF2 (RFC 8018 section 5.2) in the forms of werkzeug, passlib, Kratos, Django and ASP.NET, by
// OpenSSL.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "crypto/init.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

// Before werkzeug's text included the iterations, 150,000 were implied (werkzeug 1.0).
constexpr uint64_t kWerkzeugIterations = 150'000;

// Most derive as many bytes as the digest has. A shorter hash would be easier to meet, so 32 bytes
// are the least where another length is usual; a longer one is only slower.
constexpr size_t kMaxDerived = 64;
constexpr size_t kLeastOfOthers = 32;

Verdict verify_pbkdf2(const Password* password, const EVP_MD* digest, uint64_t iterations,
                      std::string_view salt, std::string_view expected,
                      size_t least = kMaxDerived) {
  if (digest == nullptr || salt.empty() ||
      expected.size() < std::min(static_cast<size_t>(EVP_MD_get_size(digest)), least) ||
      expected.size() > kMaxDerived) {
    return Verdict::unsupported;
  }
  if (password == nullptr) return Verdict::mismatch;
  init();
  std::string derived(expected.size(), '\0');
  const std::string_view text = password->reveal();
  if (PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), digest,
                        static_cast<int>(derived.size()),
                        reinterpret_cast<unsigned char*>(derived.data())) != 1) {
    throw_if_no_memory();
    return Verdict::unsupported;
  }
  return equal_constant_time(derived, expected) ? Verdict::match : Verdict::mismatch;
}

const EVP_MD* digest_named(std::string_view name) {
  if (name == "sha256") return EVP_sha256();
  if (name == "sha512") return EVP_sha512();
  if (name == "sha1") return EVP_sha1();
  if (name == "sha384") return EVP_sha384();
  if (name == "sha224") return EVP_sha224();
  return nullptr;
}

// passlib's "ab64": base64 with '.' for '+', without padding.
std::optional<std::string> ab64_decode(std::string_view text) {
  std::string base64(text);
  std::replace(base64.begin(), base64.end(), '.', '+');
  return unpadded_base64_decode(base64);
}

}  // namespace

// pbkdf2:sha256:260000$salt$hex; the salt is text and is used as it is.
Verdict verify_werkzeug_pbkdf2(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 3) return Verdict::unsupported;
  const std::vector<std::string_view> method = split(parts[0], ':');
  if (method.size() != 2 && method.size() != 3) return Verdict::unsupported;
  const auto iterations = method.size() == 3 ? parse_decimal(method[2], 1, kMaxPbkdf2Iterations)
                                             : std::optional(kWerkzeugIterations);
  const std::optional<std::string> expected = hex_decode(parts[2]);
  if (!iterations || !expected) return Verdict::unsupported;
  return verify_pbkdf2(password, digest_named(method[1]), *iterations, parts[1], *expected);
}

// $pbkdf2-sha256$29000$salt$hash; "pbkdf2" alone means SHA-1. Kratos writes i=29000,l=32.
Verdict verify_passlib_pbkdf2(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 5) return Verdict::unsupported;
  std::string_view count = parts[2];
  const bool is_of_kratos = count.starts_with("i=");
  if (is_of_kratos) count = count.substr(2, count.find(',') - 2);
  const auto iterations = parse_decimal(count, 1, kMaxPbkdf2Iterations);
  const std::optional<std::string> salt = ab64_decode(parts[3]);
  const std::optional<std::string> expected = ab64_decode(parts[4]);
  if (!iterations || !salt || !expected) return Verdict::unsupported;
  const std::string_view digest = parts[1] == "pbkdf2" ? "sha1" : parts[1].substr(7);
  return verify_pbkdf2(password, digest_named(digest), *iterations, *salt, *expected,
                       is_of_kratos ? kLeastOfOthers : kMaxDerived);
}

// pbkdf2_sha256$600000$salt$base64, or pbkdf2_sha1; the salt is text and is used as it is.
Verdict verify_django_pbkdf2(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 4) return Verdict::unsupported;
  const auto iterations = parse_decimal(parts[1], 1, kMaxPbkdf2Iterations);
  const std::optional<std::string> expected = base64_decode(parts[3]);
  if (!iterations || !expected) return Verdict::unsupported;
  const EVP_MD* digest = parts[0] == "pbkdf2_sha1" ? EVP_sha1() : EVP_sha256();
  return verify_pbkdf2(password, digest, *iterations, parts[2], *expected);
}

// Base64 of a version byte and what it says: 0 has PBKDF2 with SHA-1, 1000 rounds, 16 bytes of salt
// and 32 of hash; 1 has the digest, the rounds and the size of the salt in 4 bytes each, then both.
Verdict verify_aspnet(const Password* password, std::string_view stored) {
  const std::optional<std::string> bytes = base64_decode(stored);
  if (!bytes || bytes->empty()) return Verdict::unsupported;
  const std::string_view all = *bytes;
  if (all[0] == 0) {
    constexpr size_t kSalt = 16;
    if (all.size() != 1 + kSalt + 32) return Verdict::unsupported;
    return verify_pbkdf2(password, EVP_sha1(), 1000, all.substr(1, kSalt), all.substr(1 + kSalt));
  }
  constexpr size_t kHead = 13;
  if (all[0] != 1 || all.size() < kHead) return Verdict::unsupported;
  const auto number = [&](size_t at) {
    uint64_t value = 0;
    for (size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<uint8_t>(all[at + i]);
    return value;
  };
  const std::array digests = {EVP_sha1(), EVP_sha256(), EVP_sha512()};
  const uint64_t iterations = number(5);
  const uint64_t salt = number(9);
  if (number(1) >= digests.size() || iterations == 0 || iterations > kMaxPbkdf2Iterations ||
      salt > all.size() - kHead) {
    return Verdict::unsupported;
  }
  return verify_pbkdf2(password, digests.at(number(1)), iterations, all.substr(kHead, salt),
                       all.substr(kHead + salt), kLeastOfOthers);
}

}  // namespace authd::crypto
