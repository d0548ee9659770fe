// What userinfo tells (OpenID Connect Core section 5.3.2). It is never encrypted.
#pragma once

#include <string>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// The claims of the scopes, and those that the request of the grant named, as JSON.
Result<std::string> userinfo_claims(const Services& s, const GrantRows& rows,
                                    const std::vector<std::string>& scopes);

// The same as a JWT with `iss` and `aud`, for a client that has chosen an algorithm for it
// (Client::userinfo_algorithm). It has no end, as it is about the moment at which it was asked for.
Result<std::string> signed_userinfo(const Services& s, const GrantRows& rows,
                                    const std::vector<std::string>& scopes);

}  // namespace authd::auth
