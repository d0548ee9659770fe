// The families of password hash forms, one function each; password_hash.cpp has the table of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "crypto/passwords/verdict.h"

namespace authd::crypto {

// Each returns `unsupported` for text that is not of its family or exceeds the limits. With a null
// `password` it only checks the form, and returns `mismatch` if the form is valid.
using VerifyForm = Verdict (*)(const Password* password, std::string_view stored);

Verdict verify_argon2(const Password* password, std::string_view stored);
Verdict verify_werkzeug_scrypt(const Password* password, std::string_view stored);
Verdict verify_django_scrypt(const Password* password, std::string_view stored);
Verdict verify_passlib_scrypt(const Password* password, std::string_view stored);
Verdict verify_firebase_scrypt(const Password* password, std::string_view stored);
Verdict verify_werkzeug_pbkdf2(const Password* password, std::string_view stored);
Verdict verify_passlib_pbkdf2(const Password* password, std::string_view stored);
Verdict verify_django_pbkdf2(const Password* password, std::string_view stored);
Verdict verify_aspnet(const Password* password, std::string_view stored);
Verdict verify_phpass(const Password* password, std::string_view stored);
Verdict verify_django_bcrypt_sha256(const Password* password, std::string_view stored);
Verdict verify_passlib_bcrypt_sha256(const Password* password, std::string_view stored);
Verdict verify_wordpress(const Password* password, std::string_view stored);
Verdict verify_tagged(const Password* password, std::string_view stored);
Verdict verify_django_argon2(const Password* password, std::string_view stored);
Verdict verify_django_bcrypt(const Password* password, std::string_view stored);
Verdict verify_crypt(const Password* password,
                     std::string_view stored);  // bcrypt, sha-crypt, yescrypt

// Any form of the table, for forms that contain another one.
Verdict verify_form(const Password* password, std::string_view stored);
// The digests of {SSHA} and its kin; `scheme` in small letters.
Verdict verify_salted_digest(const Password* password, std::string_view scheme,
                             std::string_view text);

struct ScryptCosts {
  uint64_t n = 0;
  uint64_t r = 0;
  uint64_t p = 0;
};
// Fills `derived`, whose size says how much, and returns `match`. Without a password, `mismatch`;
// beyond the limits, `unsupported`.
Verdict derive_scrypt(const Password* password, std::string_view salt, const ScryptCosts& costs,
                      std::string& derived);

// Parts of `text` between the separators.
std::vector<std::string_view> split(std::string_view text, char separator);
// Base64 (RFC 4648 section 4) without the padding, as PHC strings have it.
std::optional<std::string> unpadded_base64_decode(std::string_view text);
// Decimal digits, within [low, high].
std::optional<uint64_t> parse_decimal(std::string_view digits, uint64_t low, uint64_t high);

}  // namespace authd::crypto
