#include "crypto/passwords/password_hash.h"

#include <array>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/passwords/hash_forms.h"

namespace authd::crypto {
namespace {

struct Form {
  std::string_view prefix;
  VerifyForm verify;
};

constexpr std::array kForms = {
    Form{"$argon2id$", &verify_argon2},
    Form{"$argon2i$", &verify_argon2},
    Form{"scrypt:", &verify_werkzeug_scrypt},
    Form{"pbkdf2:", &verify_werkzeug_pbkdf2},
    Form{"$pbkdf2-sha256$", &verify_passlib_pbkdf2},
    Form{"$pbkdf2-sha512$", &verify_passlib_pbkdf2},
    Form{"$pbkdf2$", &verify_passlib_pbkdf2},
    Form{"pbkdf2_sha256$", &verify_django_pbkdf2},
    Form{"$2a$", &verify_crypt},
    Form{"$2b$", &verify_crypt},
    Form{"$2y$", &verify_crypt},
    Form{"$5$", &verify_crypt},
    Form{"$6$", &verify_crypt},
    Form{"$y$", &verify_crypt},
    Form{"$gy$", &verify_crypt},
    Form{"$1$", &verify_crypt},
    Form{"{", &verify_tagged},
    Form{"argon2$", &verify_django_argon2},
    Form{"scrypt$", &verify_django_scrypt},
    Form{"$scrypt$", &verify_passlib_scrypt},
    Form{"$fbscrypt$", &verify_firebase_scrypt},
    Form{"bcrypt$", &verify_django_bcrypt},
    Form{"bcrypt_sha256$", &verify_django_bcrypt_sha256},
    Form{"$bcrypt-sha256$", &verify_passlib_bcrypt_sha256},
    Form{"pbkdf2_sha1$", &verify_django_pbkdf2},
    Form{"$wp$", &verify_wordpress},
    Form{"$P$", &verify_phpass},
    Form{"$H$", &verify_phpass},
    Form{"A", &verify_aspnet},
};

}  // namespace

Verdict verify_form(const Password* password, std::string_view stored) {
  if (stored.size() > kMaxStoredHash || stored.find('\0') != std::string_view::npos) {
    return Verdict::unsupported;
  }
  for (const Form& form : kForms) {
    if (stored.starts_with(form.prefix)) return form.verify(password, stored);
  }
  return Verdict::unsupported;
}

Verdict verify_password(const Password& password, std::string_view stored) {
  if (password.reveal().size() > kMaxHashedPassword) return Verdict::mismatch;
  return verify_form(&password, stored);
}

bool is_supported_hash(std::string_view stored) {
  return verify_form(nullptr, stored) != Verdict::unsupported;
}

bool needs_rehash(std::string_view stored, const Argon2Params& params) {
  const std::string wanted = "$argon2id$v=19$m=" + std::to_string(params.memory_bytes / 1024) +
                             ",t=" + std::to_string(params.passes) + ",p=1$";
  return !stored.starts_with(wanted);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> unpadded_base64_decode(std::string_view text) {
  if (text.ends_with('=')) return std::nullopt;
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  return base64_decode(padded);
}

std::optional<uint64_t> parse_decimal(std::string_view digits, uint64_t low, uint64_t high) {
  const std::optional<uint64_t> number = parse_unsigned(digits);
  return number && *number >= low && *number <= high ? number : std::nullopt;
}

}  // namespace authd::crypto
