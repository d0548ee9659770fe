// The row of an account that somebody else than its owner is to change: what is made before the
// write, such as a mail, comes from it, and the write reads it again.
#pragma once

#include "auth/core/services.h"
#include "tables/rows/rows.h"

namespace authd::auth {

// Error: `not_found`.
Result<tables::User> read_user(const Services& s, UserId id);

}  // namespace authd::auth
