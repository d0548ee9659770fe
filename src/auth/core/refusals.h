// Refusals shared by several folders, so that each has one wording.
#pragma once

#include <string_view>

#include "base/result.h"

namespace authd::auth {

Error no_such_user();     // `not_found`
Error no_such_session();  // `not_found`
// `not_found`, with the field of a form that named the role.
Error no_such_role(std::string_view name, std::string_view field = {});

// `conflict`, "account_changed": another request changed the account between this request's read
// and its write. A retry reads the new state.
Error account_changed();

}  // namespace authd::auth
