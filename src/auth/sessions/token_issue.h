// Tokens made by the administrator, for scripts and tests.
#pragma once

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// An access token for the user in a session of its own, which has no refresh token and ends with
// it. `life` is 1 second to kMaxAccessTokenLife; `scope` is space-separated scope tokens (RFC 6749
// section 3.3). Errors: `invalid`, `not_found`, `forbidden` for a disabled account; `conflict`,
// "too_many_issued_tokens", while max_sessions(issued) of the user's are alive: none of them is
// ended for a new one, because a program that works by it would fail without a reason that anybody
// sees. Those that are issued side by side may exceed the number.
Result<MintedToken> issue_token(const Services& s, UserId user, Seconds life,
                                std::string_view scope, const Origin& origin);

}  // namespace authd::auth
