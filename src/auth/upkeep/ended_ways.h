// Erases what the epochs of users have ended (auth/core/ways.h). Those rows count no more, however
// long they stay; this is about room, and about keeping nothing of a person for longer than needed.
// Users who have some are in the table `ended_ways`.
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
