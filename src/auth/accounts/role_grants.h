// Who has which role: granted and taken.
#pragma once

#include <string_view>

#include "auth/accounts/last_admin.h"
#include "auth/core/services.h"

namespace authd::auth {

// Grants or takes a role. Granting what the user has, or taking what they lack, changes nothing and
// returns false. Errors: `not_found` for the user or the role; `invalid` beyond kMaxRolesPerUser;
// `conflict`, "last_administrator", of revoke_role() alone.
// Tokens made before carry the old roles until they expire; /auth/verify and introspection show the
// new ones at once.
Result<bool> grant_role(const Services& s, UserId user, std::string_view role,
                        const Origin& origin);
Result<bool> revoke_role(const Services& s, UserId user, std::string_view role,
                         const Origin& origin, LastAdmin last = LastAdmin::stays);

}  // namespace authd::auth
