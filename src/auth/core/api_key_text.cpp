#include "auth/core/api_key_text.h"

#include <algorithm>

namespace authd::auth {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kNumberDigits = 11;  // 62^11 > 2^64
constexpr size_t kRandomDigits = 40;
constexpr size_t kChecksumDigits = 6;
constexpr size_t kTextBytes =
    kApiKeyPrefix.size() + 2 * kNumberDigits + kRandomDigits + kChecksumDigits;

std::string to_digits(uint64_t number, size_t width) {
  std::string text(width, kDigits[0]);
  for (size_t i = width; i > 0; --i) {
    text[i - 1] = kDigits[number % kDigits.size()];
    number /= kDigits.size();
  }
  return text;
}

// nullopt for other characters and for numbers that do not fit.
std::optional<uint64_t> from_digits(std::string_view text) {
  uint64_t number = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    if (number > (UINT64_MAX - digit) / kDigits.size()) return std::nullopt;
    number = number * kDigits.size() + digit;
  }
  return number;
}

// ISO 3309; reflected polynomial, bit by bit, because speed does not matter here.
uint32_t crc32(std::string_view text) {
  uint32_t crc = 0xffffffff;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string random_digits(Random& random, size_t count) {
  // Bytes beyond the last multiple of 62 are discarded, so that all digits are equally likely.
  constexpr size_t kFair = 256 / kDigits.size() * kDigits.size();
  std::string text;
  while (text.size() < count) {
    for (const char byte : random.bytes(count)) {
      const auto value = static_cast<uint8_t>(byte);
      if (value < kFair && text.size() < count) text += kDigits[value % kDigits.size()];
    }
  }
  return text;
}

}  // namespace

std::string api_key_beginning(const ApiKeyName& name) {
  return std::string(kApiKeyPrefix) + to_digits(name.user.value, kNumberDigits) +
         to_digits(name.number, kNumberDigits);
}

std::string make_api_key_text(Random& random, const ApiKeyName& name) {
  std::string text = api_key_beginning(name);
  text += random_digits(random, kRandomDigits);
  text += to_digits(crc32(text), kChecksumDigits);
  return text;
}

std::optional<ApiKeyName> parse_api_key_text(std::string_view text) {
  if (text.size() != kTextBytes || !text.starts_with(kApiKeyPrefix)) return std::nullopt;
  const std::string_view signed_part = text.substr(0, kTextBytes - kChecksumDigits);
  if (text.substr(signed_part.size()) != to_digits(crc32(signed_part), kChecksumDigits)) {
    return std::nullopt;
  }
  const std::string_view digits = signed_part.substr(kApiKeyPrefix.size());
  const auto user = from_digits(digits.substr(0, kNumberDigits));
  const auto number = from_digits(digits.substr(kNumberDigits, kNumberDigits));
  const bool is_plain =
      digits.find_first_not_of(kDigits) == std::string_view::npos && user && number;
  if (!is_plain) return std::nullopt;
  return ApiKeyName{UserId{*user}, *number};
}

}  // namespace authd::auth
