// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104). Results are raw bytes.
#pragma once

#include <string>
#include <string_view>

namespace authd::crypto {

inline constexpr size_t kSha256Bytes = 32;

std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace authd::crypto
