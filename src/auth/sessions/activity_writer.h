// The job that stores the recorded activity of users, sessions and API keys (activity.h).
#pragma once

#include "auth/core/services.h"
#include "base/result.h"
#include "tables/users.h"

namespace authd::auth {

// Writes a bounded number of notes and returns how many; on an Error they are kept.
Result<size_t> write_activity(const Services& s);
inline constexpr size_t kActivityBatch = 30;
static_assert(kActivityBatch * tables::kKeptNamesWrites <= tables::kWriteBudget);

}  // namespace authd::auth
