#include "auth/core/one_time_codes.h"

#include "auth/core/server_mac.h"
#include "tables/schema.h"

namespace authd::auth {

namespace {

constexpr size_t kSeedBytes = 16;
constexpr uint32_t kCodes = 1'000'000;

OneTimeSecret digits_of(uint64_t number) {
  const std::string digits = std::to_string(number);
  return OneTimeSecret(std::string(6 - digits.size(), '0') + digits);
}

}  // namespace

OneTimeSecret make_code(const Services& s) {
  // 2^32 is not a multiple of a million: numbers beyond the last multiple are discarded.
  constexpr uint32_t kFair = UINT32_MAX - UINT32_MAX % kCodes;
  uint32_t number = kFair;
  while (number >= kFair) {
    number = 0;
    for (const char byte : s.random.bytes(4))
      number = number << 8 | static_cast<uint8_t>(byte);
  }
  return digits_of(number % kCodes);
}

std::string make_seed(const Services& s) {
  return s.random.bytes(kSeedBytes);
}

OneTimeSecret code_of(const Services& s, std::string_view seed) {
  // From 64 bits: no code is more likely than another by more than one part in 10^13.
  const std::string bytes = server_mac(s, "code of a seed", seed).substr(0, 8);
  return digits_of(tables::from_big_endian(bytes) % kCodes);
}

OneTimeSecret code_as_made(const OneTimeSecret& typed) {
  std::string plain;
  plain.reserve(typed.reveal().size());
  for (const char c : typed.reveal()) {
    if (c != ' ' && c != '\t' && c != '-') plain += c;
  }
  return OneTimeSecret(std::move(plain));
}

}  // namespace authd::auth
