// Times in the tokens of others (RFC 7519 section 2, NumericDate).
#pragma once

#include "base/time.h"

namespace authd::auth {

// The second that contains it: it may have a fraction. Times thousands of years away are clamped,
// so that adding to them cannot overflow.
Time numeric_date(double seconds);

}  // namespace authd::auth
