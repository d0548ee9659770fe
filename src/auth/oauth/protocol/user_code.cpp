#include "auth/oauth/protocol/user_code.h"

#include "tables/rows/device_grant_rows.h"

namespace authd::auth {
namespace {

constexpr size_t kLetters = tables::DeviceGrant::kUserCodeBytes;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Other than a letter or a digit: a hyphen of some kind, or a space of some width.
constexpr bool is_between(char c) {
  const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return !is_letter && !is_digit(c);
}

}  // namespace

std::string make_user_code(Random& random) {
  // The largest multiple of the number of letters: above it, some would come more often.
  constexpr size_t kFair = 256 / kUserCodeLetters.size() * kUserCodeLetters.size();
  std::string code;
  while (code.size() < kLetters) {
    for (const char byte : random.bytes(2 * kLetters)) {
      const auto value = static_cast<uint8_t>(byte);
      if (value < kFair && code.size() < kLetters) {
        code += kUserCodeLetters[value % kUserCodeLetters.size()];
      }
    }
  }
  return code;
}

std::string shown_user_code(std::string_view code) {
  return std::string(code.substr(0, kLetters / 2)) + "-" + std::string(code.substr(kLetters / 2));
}

std::optional<std::string> parse_user_code(std::string_view typed) {
  if (typed.size() > kMaxTypedCode) return std::nullopt;
  std::string code;
  for (const char c : typed) {
    if (is_between(c)) continue;
    const char capital = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (kUserCodeLetters.find(capital) == std::string_view::npos) return std::nullopt;
    code += capital;
  }
  if (code.size() != kLetters) return std::nullopt;
  return code;
}

}  // namespace authd::auth
