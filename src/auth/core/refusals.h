// Refusals that several rooms give, each in one wording.
#pragma once

#include "base/result.h"

namespace authd::auth {

Error no_such_user();     // `not_found`
Error no_such_session();  // `not_found`

// `conflict`, "account_changed": another request changed the account between the look and the
// write. Trying again reads it as it is now.
Error account_changed();

}  // namespace authd::auth
