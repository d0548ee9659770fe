// The time between attempts at something that another server does not take: it grows, so that a
// server that is down is not asked all the time, and differs from one to the next, so that not all
// ask at once when it is back.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace authd {

struct Backoff {
  Milliseconds first{};
  Milliseconds longest{};
};

// The time until the next attempt after `attempts` failed ones: the first, doubled each time up to
// the longest, and up to a fifth more or less of that by `jitter`, which is in [0, 1).
Milliseconds pause_after(const Backoff& backoff, uint64_t attempts, double jitter);

// A jitter.
double random_fraction(Random& random);

}  // namespace authd
