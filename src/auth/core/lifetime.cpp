#include "auth/core/lifetime.h"

namespace authd::auth {

bool is_in_life(Time expires_at, Milliseconds life, Time now) {
  return now < expires_at && expires_at <= now + life + kClockSlack;
}

}  // namespace authd::auth
