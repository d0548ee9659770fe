// Tokens issued by an administrator, for scripts and tests.
#pragma once

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// An access token for the user, in a new session that has no refresh token and ends with the token.
// `life` is 1 second to kMaxAccessTokenLife; `scope` is space-separated scope tokens (RFC 6749
// section 3.3). Errors: `invalid`, `not_found`, `forbidden` for a disabled account; `conflict`,
// "too_many_issued_tokens", while max_sessions(issued) tokens of the user are alive: none is ended
// for a new one, because the program that uses it would fail for no visible reason. Simultaneous
// calls may exceed the limit.
Result<MintedToken> issue_token(const Services& s, UserId user, Seconds life,
                                std::string_view scope, const Origin& origin);

}  // namespace authd::auth
