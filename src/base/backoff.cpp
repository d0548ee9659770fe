#include "base/backoff.h"

#include <algorithm>

namespace authd {

Milliseconds pause_after(const Backoff& backoff, uint64_t attempts, double jitter) {
  constexpr double kShare = 0.2;
  Milliseconds pause = backoff.first;
  for (uint64_t i = 1; i < attempts && pause < backoff.longest; ++i)
    pause *= 2;
  pause = std::min(pause, backoff.longest);
  const double factor = 1 + kShare * (2 * jitter - 1);
  return Milliseconds(static_cast<int64_t>(static_cast<double>(pause.count()) * factor));
}

double random_fraction(Random& random) {
  const std::string bytes = random.bytes(2);
  return (static_cast<uint8_t>(bytes[0]) * 256 + static_cast<uint8_t>(bytes[1])) / 65536.0;
}

}  // namespace authd
