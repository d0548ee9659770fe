#include "crypto/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/encoding.h"

namespace authd::crypto {
namespace {

constexpr size_t kSecretBytes = 20;
constexpr uint64_t kModulus = 1'000'000;

std::array<uint8_t, 20> hmac_sha1(std::string_view key, std::string_view message) {
  std::array<uint8_t, 20> mac;
  unsigned size = 0;
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(),
           &size) == nullptr) {
    throw std::bad_alloc();  // Nothing else can fail.
  }
  return mac;
}

}  // namespace

SecretKey make_totp_secret(Random& random) {
  return SecretKey(random.bytes(kSecretBytes));
}

uint64_t totp_step(Time time) {
  return static_cast<uint64_t>(unix_seconds(time) / kTotpPeriod.count());
}

std::string totp_code(const SecretKey& secret, uint64_t step) {
  std::string counter;
  for (int shift = 56; shift >= 0; shift -= 8)
    counter += static_cast<char>(step >> shift & 0xff);
  const auto mac = hmac_sha1(secret.reveal(), counter);
  const size_t offset = mac[19] & 0x0f;
  const uint32_t number = static_cast<uint32_t>(mac[offset] & 0x7f) << 24 |
                          static_cast<uint32_t>(mac[offset + 1]) << 16 |
                          static_cast<uint32_t>(mac[offset + 2]) << 8 | mac[offset + 3];
  std::string code = std::to_string(number % kModulus);
  return std::string(kTotpDigits - code.size(), '0') + code;
}

std::optional<uint64_t> match_totp(const SecretKey& secret, std::string_view code, Time now,
                                   uint64_t last_step) {
  const uint64_t current = totp_step(now);
  std::optional<uint64_t> found;
  // All three are computed, whichever matches.
  for (const uint64_t step : {current - 1, current, current + 1}) {
    const bool is_equal = equal_constant_time(totp_code(secret, step), code);
    if (is_equal && step > last_step && !found) found = step;
  }
  return found;
}

std::string totp_uri(const SecretKey& secret, std::string_view issuer, std::string_view account) {
  // In the label a colon separates the issuer from the account, so neither may have one, encoded or
  // not (the format's description by Google Authenticator).
  const auto without_colon = [](std::string_view text) {
    std::string plain(text);
    std::replace(plain.begin(), plain.end(), ':', ' ');
    return percent_encode(plain);
  };
  const std::string name = without_colon(issuer);
  return "otpauth://totp/" + name + ":" + without_colon(account) +
         "?secret=" + base32_encode(secret.reveal()) + "&issuer=" + name +
         "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace authd::crypto
