// How long the links and codes in mails are valid. auth/ enforces it, and the text of the mail says
// it.
#pragma once

#include "base/time.h"

namespace authd::config {

inline constexpr Milliseconds kVerifyLinkLifetime = std::chrono::hours(24);
inline constexpr Milliseconds kResetLinkLifetime = std::chrono::minutes(30);
inline constexpr Milliseconds kMagicLinkLifetime = std::chrono::minutes(15);
inline constexpr Milliseconds kLoginCodeLifetime = std::chrono::minutes(10);

}  // namespace authd::config
