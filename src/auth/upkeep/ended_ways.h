// Erases rows that the epochs of users have ended (auth/core/ways.h). Those rows are invalid in any
// case; this frees space, and keeps no personal data longer than needed. The table `ended_ways`
// lists the users who have such rows.
#pragma once

#include "auth/core/services.h"
#include "base/result.h"

namespace authd::auth {

struct ErasedWays {
  size_t rows = 0;
  bool more = false;  // call again
};

// Erases at most kErasedWays rows of one user in one transaction.
inline constexpr size_t kErasedWays = 20;
Result<ErasedWays> erase_ended_ways(const Services& s);

}  // namespace authd::auth
