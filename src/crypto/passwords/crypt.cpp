// The crypt(3) family by libxcrypt: bcrypt, md5-crypt, sha256-crypt, sha512-crypt, yescrypt.
#include <crypt.h>

#include <cerrno>
#include <memory>
#include <new>

#include "base/encoding.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

// The digits of crypt(5); bcrypt uses them in another order.
constexpr std::string_view kDigits =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool is_digits(std::string_view text, size_t size) {
  return text.size() == size && text.find_first_not_of(kDigits) == std::string_view::npos;
}

// $2b$12$ and then 22 digits of salt and 31 of hash.
bool is_good_bcrypt(std::string_view stored) {
  return stored.size() == 60 && stored[6] == '$' &&
         parse_decimal(stored.substr(4, 2), 4, kMaxBcryptCost) && is_digits(stored.substr(7), 53);
}

// $6$rounds=N$salt$hash or $6$salt$hash
bool is_good_sha_crypt(std::string_view stored) {
  constexpr std::string_view kRounds = "rounds=";
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 4 && parts.size() != 5) return false;
  // libxcrypt treats anything that begins like rounds as rounds, even in the place of a salt.
  const bool has_rounds = parts[2].starts_with(kRounds);
  if (has_rounds != (parts.size() == 5)) return false;
  if (has_rounds && !parse_decimal(parts[2].substr(kRounds.size()), 1000, kMaxShaCryptRounds)) {
    return false;
  }
  return is_digits(parts.back(), stored[1] == '6' ? 86 : 43);
}

// $y$<params>$salt$hash: the first letter of the parameters is the flavour, the second the binary
// logarithm of N, and the third r, each in crypt's own base 64 ("./0-9A-Za-z"). "j9T" is the
// default: 2^12, r 32, 16 MiB.
bool is_good_yescrypt(std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  if (parts.size() != 5 || parts[2].size() != 3 || !is_digits(parts[4], 43)) return false;
  const size_t log_n = kDigits.find(parts[2][1]);
  const size_t r = kDigits.find(parts[2][2]);
  // log2(N) and r are stored minus one; from 48 on, a number continues in the next digit.
  return log_n <= 16 && r < 48 && (128ull << (log_n + 1)) * (r + 1) <= kMaxHashMemory;
}

// $1$salt$hash
bool is_good_md5_crypt(std::string_view stored) {
  const std::vector<std::string_view> parts = split(stored, '$');
  return parts.size() == 4 && is_digits(parts[3], 22);
}

bool is_good_form(std::string_view stored) {
  if (stored.starts_with("$1$")) return is_good_md5_crypt(stored);
  if (stored.starts_with("$2")) return is_good_bcrypt(stored);
  if (stored.starts_with("$y$") || stored.starts_with("$gy$")) return is_good_yescrypt(stored);
  return is_good_sha_crypt(stored);
}

}  // namespace

Verdict verify_crypt(const Password* password, std::string_view stored) {
  if (!is_good_form(stored)) return Verdict::unsupported;
  if (password == nullptr) return Verdict::mismatch;
  // C strings end at a NUL: a password with one would match on the part before it. And libxcrypt
  // accepts only a limited number of bytes.
  if (password->reveal().find('\0') != std::string_view::npos ||
      password->reveal().size() >= CRYPT_MAX_PASSPHRASE_SIZE) {
    return Verdict::mismatch;
  }
  std::string secret(password->reveal());
  const std::string setting(stored);
  // 32 KiB: a thread's stack may not have that much left.
  const auto scratch = std::make_unique<crypt_data>();
  errno = 0;
  const char* computed = crypt_rn(secret.c_str(), setting.c_str(), scratch.get(), sizeof *scratch);
  const bool lacks_memory = errno == ENOMEM;
  const bool is_supported = computed != nullptr && computed[0] != '*';
  const bool matches = is_supported && equal_constant_time(computed, stored);
  wipe(secret);
  if (!is_supported && lacks_memory) throw std::bad_alloc();
  if (!is_supported) return Verdict::unsupported;
  return matches ? Verdict::match : Verdict::mismatch;
}

}  // namespace authd::crypto
