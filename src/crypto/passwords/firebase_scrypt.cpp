// Firebase's scrypt, in the form that Supabase keeps it: scrypt derives a key, with which the
// project's own key is encrypted (AES-256 in counter mode).
//
//   $fbscrypt$v=1,n=14,r=8,p=1,ss=<separator>,sk=<the project's key>$salt$hash
#include <openssl/evp.h>

#include <array>
#include <new>

#include "base/encoding.h"
#include "crypto/foreign.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr uint64_t kMaxLogN = 20;

std::string encrypt(std::string_view key, std::string_view plain) {
  using Context = std::unique_ptr<EVP_CIPHER_CTX, Releaser<EVP_CIPHER_CTX_free>>;
  const Context context(EVP_CIPHER_CTX_new());
  const std::array<unsigned char, 16> counter{};
  std::string sealed(plain.size(), '\0');
  int size = 0;
  if (!context ||
      EVP_EncryptInit_ex2(context.get(), EVP_aes_256_ctr(), bytes_of(key), counter.data(),
                          nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), bytes_of(sealed), &size, bytes_of(plain),
                        static_cast<int>(plain.size())) != 1) {
    throw std::bad_alloc();
  }
  return sealed;
}

}  // namespace

Verdict verify_firebase_scrypt(const Password* password, std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 5) return Verdict::unsupported;
  const std::vector<std::string_view> costs = split(parts[2], ',');
  constexpr std::array<std::string_view, 6> kNames = {"v=", "n=", "r=", "p=", "ss=", "sk="};
  if (costs.size() != kNames.size()) return Verdict::unsupported;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!costs[i].starts_with(kNames[i])) return Verdict::unsupported;
  }
  const auto log_n = parse_decimal(costs[1].substr(2), 1, kMaxLogN);
  const auto r = parse_decimal(costs[2].substr(2), 1, kMaxScryptR);
  const auto p = parse_decimal(costs[3].substr(2), 1, kMaxScryptP);
  const auto separator = base64_decode(costs[4].substr(3));
  const auto key = base64_decode(costs[5].substr(3));
  const auto salt = base64_decode(parts[3]);
  const auto expected = base64_decode(parts[4]);
  if (costs[0] != "v=1" || !log_n || !r || !p || !separator || !key || !salt || !expected ||
      key->size() < kKeyBytes || expected->size() != key->size()) {
    return Verdict::unsupported;
  }
  std::string derived(kKeyBytes, '\0');
  const ScryptCosts wanted{uint64_t{1} << *log_n, *r, *p};
  const Verdict done = derive_scrypt(password, *salt + *separator, wanted, derived);
  if (done != Verdict::match) return done;
  const std::string computed = encrypt(derived, *key);
  wipe(derived);
  return equal_constant_time(computed, *expected) ? Verdict::match : Verdict::mismatch;
}

}  // namespace authd::crypto
