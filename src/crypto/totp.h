// Time-based one-time passwords (RFC 6238) as authenticator apps generate them: HMAC-SHA1, 6
// digits, 30 seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"
#include "base/time.h"

namespace authd::crypto {

inline constexpr size_t kTotpDigits = 6;
inline constexpr Seconds kTotpPeriod{30};

// 20 bytes (RFC 4226 section 4, R6).
SecretKey make_totp_secret(Random& random);

// The number of the period that contains `time`.
uint64_t totp_step(Time time);

// The code of a step (RFC 4226 section 5.3).
std::string totp_code(const SecretKey& secret, uint64_t step);

// The step of `code`: that of `now`, the one before or the one after (RFC 6238 section 5.2), if it
// is later than `last_step`, so no code is accepted twice.
std::optional<uint64_t> match_totp(const SecretKey& secret, std::string_view code, Time now,
                                   uint64_t last_step);

// "otpauth://totp/…" (Key Uri Format of Google Authenticator), which apps read from a QR code.
std::string totp_uri(const SecretKey& secret, std::string_view issuer, std::string_view account);

}  // namespace authd::crypto
