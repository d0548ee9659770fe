#include "auth/core/numeric_date.h"

#include <algorithm>
#include <cmath>

namespace authd::auth {

Time numeric_date(double seconds) {
  constexpr double kFarAway = 1e12;
  return from_unix_seconds(
      static_cast<int64_t>(std::floor(std::clamp(seconds, -kFarAway, kFarAway))));
}

}  // namespace authd::auth
