// The families of password hash forms, one function each; password_hash.cpp has the table of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "crypto/verdict.h"

namespace authd::crypto {

// Each returns `unsupported` for text that is not of its family or exceeds the limits. With a null
// `password` it only checks the form, and returns `mismatch` if the form is valid.
using VerifyForm = Verdict (*)(const Password* password, std::string_view stored);

Verdict verify_argon2(const Password* password, std::string_view stored);
Verdict verify_werkzeug_scrypt(const Password* password, std::string_view stored);
Verdict verify_werkzeug_pbkdf2(const Password* password, std::string_view stored);
Verdict verify_passlib_pbkdf2(const Password* password, std::string_view stored);
Verdict verify_django_pbkdf2(const Password* password, std::string_view stored);
Verdict verify_crypt(const Password* password,
                     std::string_view stored);  // bcrypt, sha-crypt, yescrypt

// Parts of `text` between the separators.
std::vector<std::string_view> split(std::string_view text, char separator);
// Base64 (RFC 4648 section 4) without the padding, as PHC strings have it.
std::optional<std::string> unpadded_base64_decode(std::string_view text);
// Decimal digits, within [low, high].
std::optional<uint64_t> parse_decimal(std::string_view digits, uint64_t low, uint64_t high);

}  // namespace authd::crypto
