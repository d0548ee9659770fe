// What every engine returns for a closure that failed with a fault.
#pragma once

#include "base/result.h"

namespace authd::store {

// The one text that a client sees; the cause is in the log. Allocates little, and never throws.
Error unavailable() noexcept;

}  // namespace authd::store
