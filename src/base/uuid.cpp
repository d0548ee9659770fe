#include "base/uuid.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace authd {
namespace {

// Where the text has a dash.
constexpr std::array<size_t, 4> kDashes = {8, 13, 18, 23};
constexpr size_t kBytes = 16;
constexpr size_t kSize = 36;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string make_uuid(Random& random) {
  std::array<uint8_t, kBytes> bytes{};
  random.fill(bytes);
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 9562
  return uuid_text(std::string(bytes.begin(), bytes.end()));
}

std::string uuid_text(std::string_view bytes) {
  std::string text = hex_encode(bytes);
  for (const size_t at : kDashes)
    text.insert(std::min(at, text.size()), 1, '-');
  return text;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kSize) return false;
  size_t dashes = 0;
  for (size_t i = 0; i < kSize; ++i) {
    const bool is_dash = dashes < kDashes.size() && kDashes[dashes] == i;
    if (is_dash ? text[i] != '-' : !is_hex_digit(text[i])) return false;
    if (is_dash) dashes += 1;
  }
  return true;
}

}  // namespace authd
