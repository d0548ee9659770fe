// How far an API key reaches in the administration API: not to the account of its own user, and not
// to administrators. Otherwise a leaked key could turn itself into an account with a password, or
// take one over, and would outlive its revocation. Checked inside every write that changes an
// account on behalf of somebody else; Origin says whether an API key is behind the request.
#pragma once

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr std::string_view kUserRole = "user";
inline constexpr std::string_view kAdminRole = "admin";

// Whether the role "admin" was granted to the user, who may be disabled.
bool is_administrator(store::Reader& tx, const tables::User& user);

// Whether the request may change this account. Always for anything but an API key. Error:
// `forbidden`, "beyond_api_key".
Result<void> check_key_reach(store::Reader& tx, const Origin& origin, const tables::User& user);

// Whether the request may make somebody an administrator by granting the role. Error: as above.
Result<void> check_key_grants(const Origin& origin, std::string_view role);

}  // namespace authd::auth
