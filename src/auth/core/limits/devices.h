// Devices from which an account has logged in before. The delay that failures of a name cause does
// not apply to them, so that strangers cannot lock the owner out ("device cookies" in OWASP's
// Authentication Cheat Sheet). A device counts its own failures, and after a few of them in a row
// it is like any other (auth/core/limits/attempts.h). It says nothing about second factors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kDeviceLife = std::chrono::hours(365 * 24);

inline constexpr size_t kDeviceIdBytes = 8;

// A token for the owner's device: 8 bytes each for the user, the time in seconds, the epoch and the
// id that tells two devices apart, and a MAC of these. It is valid for a year, or until the user's
// devices are ended (auth/core/ways.h): by a changed password, and with all sessions. A login makes
// another one with the same id. `id` has kDeviceIdBytes.
std::string make_device(const Services& s, const tables::User& user, std::string_view id, Time now);

// What a token says.
struct DeviceToken {
  std::string id;
  Time made_at;        // by the last login
  uint64_t epoch = 0;  // to be compared with the user's
};
// nullopt when the token does not belong to the user, or is too old.
std::optional<DeviceToken> read_device(const Services& s, std::string_view device, UserId user,
                                       Time now);

}  // namespace authd::auth
