// Devices from which an account has logged in before. The delay that failures of a name cause does
// not apply to them, so that strangers cannot lock the owner out ("device cookies" in OWASP's
// Authentication Cheat Sheet). A device counts its own failures, and after a few of them in a row
// it is like any other (auth/core/attempts.h). It says nothing about second factors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kDeviceLife = std::chrono::hours(365 * 24);

// A token for the owner's device: 8 bytes each for the user, the time in seconds, the epoch and a
// random number that tells two devices apart, and a MAC of these. It is valid for a year, or until
// the user's devices are ended (auth/core/ways.h): by a changed password, and with all sessions.
std::string make_device(const Services& s, const tables::User& user, Time now);

// The device's epoch, to be compared with the user's; nullopt when the device does not belong to
// the user, or is too old.
std::optional<uint64_t> device_epoch(const Services& s, std::string_view device, UserId user,
                                     Time now);

}  // namespace authd::auth
