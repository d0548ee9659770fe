// Whether something with a limited lifetime is still valid, and was not created while the clock was
// ahead.
#pragma once

#include "base/time.h"

namespace authd::auth {

// Clocks are corrected by up to this much now and then; such a correction invalidates nothing.
inline constexpr Milliseconds kClockSlack = std::chrono::minutes(5);

// Whether something that was created with the lifetime `life` is valid at `now`. If it expires
// later than anything created now would, it was created while the clock was ahead, and is not valid
// until the clock reaches that time.
bool is_in_life(Time expires_at, Milliseconds life, Time now);

}  // namespace authd::auth
