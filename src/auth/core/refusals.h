// Refusals shared by several folders, so that each has one wording.
#pragma once

#include "base/result.h"

namespace authd::auth {

Error no_such_user();     // `not_found`
Error no_such_session();  // `not_found`

// `conflict`, "account_changed": another request changed the account between this request's read
// and its write. A retry reads the new state.
Error account_changed();

}  // namespace authd::auth
