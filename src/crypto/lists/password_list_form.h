// The bytes of a list of passwords (password_list.h), for its reader and its writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace authd::crypto {

inline constexpr std::string_view kListMagic = "authdpwl";
inline constexpr uint32_t kListVersion = 1;
inline constexpr size_t kListSumAt = 32;  // of the SHA-256, in the head
inline constexpr size_t kListPartBytes = 16;

// `at` and `size`, at most 8, are within `bytes`.
constexpr uint64_t big_endian_at(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (const char c : bytes.substr(at, size))
    number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

inline void append_big_endian(std::string& bytes, uint64_t number, size_t size) {
  for (size_t i = size; i-- > 0;)
    bytes += static_cast<char>(number >> (8 * i));
}

}  // namespace authd::crypto
