// The time since the machine started, for leases between machines. Unlike the steady clock, it goes
// on while the machine sleeps: a lease ends meanwhile.
#pragma once

#include "base/time.h"

namespace authd {

// CLOCK_BOOTTIME of clock_gettime(2). Cheap; thread-safe.
Milliseconds boot_time();

}  // namespace authd
