// Forms that are a digest around something: LDAP's salted digests (RFC 2307 with a salt), phpass,
// and bcrypt of a digest, which lifts bcrypt's limit of 72 bytes (Django, passlib, WordPress 6.8).
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/foreign.h"
#include "crypto/init.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

constexpr size_t kMinSalt = 4;
constexpr std::string_view kCryptDigits =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// The digest of `first`, then `second`.
std::string digest(const EVP_MD* algorithm, std::string_view first, std::string_view second) {
  using Context = std::unique_ptr<EVP_MD_CTX, Releaser<EVP_MD_CTX_free>>;
  init();
  const Context context(EVP_MD_CTX_new());
  std::string out(static_cast<size_t>(EVP_MD_get_size(algorithm)), '\0');
  if (!context || EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), first.data(), first.size()) != 1 ||
      EVP_DigestUpdate(context.get(), second.data(), second.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), bytes_of(out), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return out;
}

const EVP_MD* salted_digest(std::string_view scheme) {
  if (scheme == "ssha") return EVP_sha1();
  if (scheme == "ssha256") return EVP_sha256();
  if (scheme == "ssha384") return EVP_sha384();
  if (scheme == "ssha512") return EVP_sha512();
  return nullptr;
}

// phpass writes three bytes as four digits, the lowest bits first.
std::string phpass_encode(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t value = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < count; ++k)
      value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i + k])) << (8 * k);
    for (size_t k = 0; k <= count; ++k)
      text += kCryptDigits[(value >> (6 * k)) & 0x3f];
  }
  return text;
}

Verdict verify_bcrypt_of(const Password* password, std::string key, std::string_view bcrypt) {
  if (!bcrypt.starts_with("$2")) return Verdict::unsupported;
  if (password == nullptr) return verify_crypt(nullptr, bcrypt);
  const Password digested(std::move(key));
  return verify_crypt(&digested, bcrypt);
}

std::string hmac(const EVP_MD* algorithm, std::string_view key, std::string_view text) {
  init();
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (HMAC(algorithm, key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
           bytes_of(mac), &size) == nullptr) {
    throw std::bad_alloc();
  }
  mac.resize(size);
  return mac;
}

}  // namespace

// {SSHA}base64(digest, salt); the tag is already gone.
Verdict verify_salted_digest(const Password* password, std::string_view scheme,
                             std::string_view text) {
  const EVP_MD* algorithm = salted_digest(scheme);
  const std::optional<std::string> bytes = base64_decode(text);
  if (algorithm == nullptr || !bytes) return Verdict::unsupported;
  const auto size = static_cast<size_t>(EVP_MD_get_size(algorithm));
  if (bytes->size() < size + kMinSalt) return Verdict::unsupported;
  if (password == nullptr) return Verdict::mismatch;
  const std::string computed =
      digest(algorithm, password->reveal(), std::string_view(*bytes).substr(size));
  return equal_constant_time(computed, std::string_view(*bytes).substr(0, size))
             ? Verdict::match
             : Verdict::mismatch;
}

// $P$, a digit for the logarithm of the rounds, 8 characters of salt, 22 digits. phpBB writes $H$.
Verdict verify_phpass(const Password* password, std::string_view stored) {
  if (stored.size() != 34) return Verdict::unsupported;
  const size_t log_rounds = kCryptDigits.find(stored[3]);
  if (log_rounds < 7 || log_rounds > kMaxPhpassLogRounds ||
      stored.substr(12).find_first_not_of(kCryptDigits) != std::string_view::npos) {
    return Verdict::unsupported;
  }
  if (password == nullptr) return Verdict::mismatch;
  std::string hash = digest(EVP_md5(), stored.substr(4, 8), password->reveal());
  for (size_t left = size_t{1} << log_rounds; left > 0; --left)
    hash = digest(EVP_md5(), hash, password->reveal());
  return equal_constant_time(phpass_encode(hash), stored.substr(12)) ? Verdict::match
                                                                     : Verdict::mismatch;
}

// bcrypt_sha256$$2b$12$…: bcrypt of the digest in hex.
Verdict verify_django_bcrypt_sha256(const Password* password, std::string_view stored) {
  constexpr std::string_view kHead = "bcrypt_sha256$";
  std::string key = password == nullptr ? "" : hex_encode(sha256(password->reveal()));
  return verify_bcrypt_of(password, std::move(key), stored.substr(kHead.size()));
}

// $bcrypt-sha256$v=2,t=2b,r=12$salt$hash: bcrypt of base64(HMAC(salt, password)); the first version
// ($bcrypt-sha256$2b,12$salt$hash) has a digest without a key.
Verdict verify_passlib_bcrypt_sha256(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 5 || parts[3].size() != 22) return Verdict::unsupported;
  std::vector<std::string_view> costs = split(parts[2], ',');
  const bool has_key = costs.size() == 3 && costs[0] == "v=2" && costs[1].starts_with("t=") &&
                       costs[2].starts_with("r=");
  if (has_key) costs = {costs[1].substr(2), costs[2].substr(2)};
  if (costs.size() != 2) return Verdict::unsupported;
  const auto rounds = parse_decimal(costs[1], 4, kMaxBcryptCost);
  if (!rounds) return Verdict::unsupported;
  const std::string bcrypt = "$" + std::string(costs[0]) + "$" + (*rounds < 10 ? "0" : "") +
                             std::to_string(*rounds) + "$" + std::string(parts[3]) +
                             std::string(parts[4]);
  std::string key;
  if (password != nullptr) {
    const std::string_view text = password->reveal();
    key = base64_encode(has_key ? hmac_sha256(parts[3], text) : sha256(text));
  }
  return verify_bcrypt_of(password, std::move(key), bcrypt);
}

// $wp$2y$10$…: bcrypt of base64(HMAC-SHA-384), of the password without blanks around it.
Verdict verify_wordpress(const Password* password, std::string_view stored) {
  constexpr std::string_view kHead = "$wp";
  constexpr std::string_view kBlanks(" \t\n\r\0\x0b", 6);
  std::string key;
  if (password != nullptr) {
    key = base64_encode(hmac(EVP_sha384(), "wp-sha384", trimmed(password->reveal(), kBlanks)));
  }
  return verify_bcrypt_of(password, std::move(key), stored.substr(kHead.size()));
}

}  // namespace authd::crypto
