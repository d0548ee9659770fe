// The job that writes down what was noted of users, sessions and API keys (activity.h).
#pragma once

#include "auth/core/services.h"
#include "base/result.h"
#include "tables/schema.h"

namespace authd::auth {

// Writes a bounded piece of the notes down. Returns how many; on an Error they are kept.
Result<size_t> write_activity(const Services& s);
inline constexpr size_t kActivityBatch = 30;
static_assert(kActivityBatch <= tables::kWriteBudget);  // a row each

}  // namespace authd::auth
