#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace authd {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr uint8_t kForeign = 0xff;

using Values = std::array<uint8_t, 256>;

constexpr Values values_of(std::string_view alphabet) {
  Values values{};
  values.fill(kForeign);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr Values kBase64Values = values_of(kBase64);
constexpr Values kBase64UrlValues = values_of(kBase64Url);
constexpr Values kBase32Values = values_of(kBase32);

// Groups of `bits` bits, most significant first, without padding.
template <unsigned bits>
std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string text((bytes.size() * 8 + bits - 1) / bits, '\0');
  char* to = text.data();
  uint32_t pending = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    pending = pending << 8 | static_cast<uint8_t>(c);
    count += 8;
    while (count >= bits) {
      count -= bits;
      *to++ = alphabet[pending >> count & ((1u << bits) - 1)];
    }
  }
  if (count > 0) *to = alphabet[pending << (bits - count) & ((1u << bits) - 1)];
  return text;
}

// The inverse. It refuses a length that no bytes encode to, and leftover bits that are not zero.
template <unsigned bits>
std::optional<std::string> decode(std::string_view text, const Values& values) {
  if (text.size() * bits % 8 >= bits) return std::nullopt;
  std::string bytes(text.size() * bits / 8, '\0');
  char* to = bytes.data();
  uint32_t pending = 0;
  unsigned count = 0;
  for (const char c : text) {
    const uint8_t value = values[static_cast<uint8_t>(c)];
    if (value == kForeign) return std::nullopt;
    pending = pending << bits | value;
    count += bits;
    if (count >= 8) {
      count -= 8;
      *to++ = static_cast<char>(pending >> count & 0xff);
    }
  }
  if ((pending & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

void pad(std::string& text, size_t group) {
  while (text.size() % group != 0)
    text += '=';
}

// Removes at most `most` trailing '='.
std::string_view without_padding(std::string_view text, size_t most) {
  while (most-- > 0 && !text.empty() && text.back() == '=')
    text.remove_suffix(1);
  return text;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How much of the front is ASCII, in whole words: nearly all text is ASCII, and a byte costs as
// much as a word.
size_t ascii_length(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t length = 0;
  for (uint64_t word = 0; text.size() - length >= sizeof word; length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  return length;
}

// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7); 0 if it is not
// well-formed.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_big = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_big ? 0 : length;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text = encode<6>(bytes, kBase64);
  pad(text, 4);
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  return decode<6>(without_padding(text, 2), kBase64Values);
}

std::string base64url_encode(std::string_view bytes) {
  return encode<6>(bytes, kBase64Url);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode<6>(text, kBase64UrlValues);
}

std::string base32_encode(std::string_view bytes) {
  return encode<5>(bytes, kBase32);
}

std::optional<std::string> base32_decode(std::string_view text) {
  const std::string_view bare = without_padding(text, 6);
  if (bare.size() != text.size() && text.size() % 8 != 0) return std::nullopt;
  return decode<5>(bare, kBase32Values);
}

std::string hex_encode(std::string_view bytes) {
  return encode<4>(bytes, kHex);
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string percent_encode(std::string_view bytes) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      text += c;
      continue;
    }
    text += '%';
    text += kHexDigits[static_cast<uint8_t>(c) >> 4];
    text += kHexDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    bytes += *byte;
    i += 2;
  }
  return bytes;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(ascii_length(text));
    if (text.empty()) return true;
    const size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view first_character(std::string_view text) {
  return text.empty() ? text : text.substr(0, sequence_length(text));
}

bool is_control(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(character[i]); };
  switch (character.size()) {
    case 1: return byte(0) < 0x20 || byte(0) == 0x7f;
    case 2: return byte(0) == 0xc2 && byte(1) < 0xa0;
    case 3:
      return byte(0) == 0xe2 &&
             ((byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) ||  // U+2028 to U+202E
              (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));   // U+2066 to U+2069
    default: return false;
  }
}

bool has_control(std::string_view utf8) {
  while (!utf8.empty()) {
    const std::string_view character = first_character(utf8);
    if (is_control(character)) return true;
    utf8.remove_prefix(std::max<size_t>(character.size(), 1));
  }
  return false;
}

size_t count_code_points(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) {
    if ((static_cast<uint8_t>(c) & 0xc0) != 0x80) ++count;
  }
  return count;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // volatile keeps the compiler from leaving the loop early.
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<uint8_t>(difference |
                                      (static_cast<uint8_t>(a[i]) ^ static_cast<uint8_t>(b[i])));
  }
  return difference == 0;
}

}  // namespace authd
