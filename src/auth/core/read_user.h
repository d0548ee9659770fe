// The row of an account that somebody other than its owner is about to change. What is prepared
// before the write, such as a mail, comes from it; the write reads it again.
#pragma once

#include "auth/core/services.h"
#include "tables/rows/rows.h"

namespace authd::auth {

// Error: `not_found`.
Result<tables::User> read_user(const Services& s, UserId id);

}  // namespace authd::auth
