// What userinfo tells (OpenID Connect Core section 5.3.2).
#pragma once

#include <string>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// The claims of the scopes, and those that the request of the grant named, as JSON.
Result<std::string> userinfo_claims(const Services& s, const GrantRows& rows,
                                    const std::vector<std::string>& scopes);

}  // namespace authd::auth
