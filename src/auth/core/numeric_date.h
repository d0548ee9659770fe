// Times in the tokens of others (RFC 7519 section 2, NumericDate).
#pragma once

#include "base/time.h"

namespace authd::auth {

// The second that it is in: it may have a fraction. What is thousands of years away counts as a far
// end, so that adding to it overflows nothing.
Time numeric_date(double seconds);

}  // namespace authd::auth
