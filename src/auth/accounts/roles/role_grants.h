// Grants roles to users and revokes them.
#pragma once

#include <string_view>

#include "auth/accounts/roles/last_admin.h"
#include "auth/core/services.h"

namespace authd::auth {

// Grants or revokes a role. Granting a role that the user already has, or revoking one that the
// user lacks, changes nothing and returns false. Errors: `not_found` for the user or the role;
// `invalid` beyond kMaxRolesPerUser; `conflict`, "last_administrator", only for revoke_role();
// `forbidden`, "beyond_api_key" (auth/core/key_reach.h). A new administrator is told by mail. API
// keys that the user has by then do not get the role (auth/sessions/roles.h). Earlier tokens
// contain the old roles until they expire; /auth/verify and introspection show the new ones at
// once.
Result<bool> grant_role(const Services& s, UserId user, std::string_view role,
                        const Origin& origin);
Result<bool> revoke_role(const Services& s, UserId user, std::string_view role,
                         const Origin& origin, LastAdmin last = LastAdmin::stays);

}  // namespace authd::auth
