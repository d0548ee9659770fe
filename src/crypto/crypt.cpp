// The crypt(3) family by libxcrypt: bcrypt, sha256-crypt, sha512-crypt, yescrypt.
#include <crypt.h>

#include <memory>

#include "base/encoding.h"
#include "crypto/hash_forms.h"

namespace authd::crypto {
namespace {

bool has_good_bcrypt_cost(std::string_view stored) {
  return stored.size() == 60 && stored[6] == '$' &&
         parse_decimal(stored.substr(4, 2), 4, kMaxBcryptCost);
}

// $6$rounds=N$salt$hash or $6$salt$hash
bool has_good_sha_rounds(std::string_view stored) {
  constexpr std::string_view kRounds = "rounds=";
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() == 4) return !parts[2].starts_with(kRounds) && !parts[3].empty();
  return parts.size() == 5 && parts[2].starts_with(kRounds) && !parts[4].empty() &&
         parse_decimal(parts[2].substr(kRounds.size()), 1000, kMaxShaCryptRounds);
}

// $y$<params>$salt$hash: the first letter of the parameters is the flavour, the second the binary
// logarithm of N, and the third r, each in crypt's own base 64 ("./0-9A-Za-z"). "j9T" is the
// default: 2^12, r 32, 16 MiB.
bool has_good_yescrypt_cost(std::string_view stored) {
  constexpr std::string_view kDigits =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 5 || parts[2].size() != 3 || parts[4].empty()) return false;
  const size_t log_n = kDigits.find(parts[2][1]);
  const size_t r = kDigits.find(parts[2][2]);
  // log2(N) is stored less one and r less one (crypt(5), "yescrypt").
  return log_n <= 16 && r < 64 && (128ull << (log_n + 1)) * (r + 1) <= kMaxHashMemory;
}

bool is_good_form(std::string_view stored) {
  if (stored.starts_with("$2")) return has_good_bcrypt_cost(stored);
  if (stored.starts_with("$y$")) return has_good_yescrypt_cost(stored);
  return has_good_sha_rounds(stored);
}

}  // namespace

Verdict verify_crypt(const Password* password, std::string_view stored) {
  if (!is_good_form(stored)) return Verdict::unsupported;
  if (password == nullptr) return Verdict::mismatch;
  // C strings end at a NUL: a password with one would match by its beginning.
  if (password->reveal().find('\0') != std::string_view::npos) return Verdict::mismatch;
  std::string secret(password->reveal());
  const std::string setting(stored);
  // 32 KiB, too much for a thread's stack to be taken for granted.
  const auto scratch = std::make_unique<crypt_data>();
  const char* computed = crypt_rn(secret.c_str(), setting.c_str(), scratch.get(), sizeof *scratch);
  const bool is_supported = computed != nullptr && computed[0] != '*';
  const bool matches = is_supported && equal_constant_time(computed, stored);
  wipe(secret);
  if (!is_supported) return Verdict::unsupported;
  return matches ? Verdict::match : Verdict::mismatch;
}

}  // namespace authd::crypto
