// Whether something that is good for a while still is, and was not created by a clock that was
// ahead.
#pragma once

#include "base/time.h"

namespace authd::auth {

// How far a clock is put right now and then; that ends nothing that is under way.
inline constexpr Milliseconds kClockSlack = std::chrono::minutes(5);

// Whether what was good for `life` when it was made is so at `now`. What ends later than anything
// that is made now was made while the clock was ahead, and is not good until its day comes.
bool is_in_life(Time expires_at, Milliseconds life, Time now);

}  // namespace authd::auth
