// Identifies the caller from the credential in a request.
#pragma once

#include <string>

#include "api/context.h"

namespace authd::api {

// The caller that the request's token identifies; without an Authorization header, the one that its
// session cookie identifies (browser_session.h). Error: `unauthenticated`; for the cookie also
// `forbidden`.
Result<auth::Caller> require_bearer(const Api& api, const http::Request& request);

// The same, for a caller who may act on their own account. Further error: `forbidden`,
// "insufficient_scope".
Result<auth::Caller> require_account(const Api& api, const http::Request& request);

// The id of the session that sends a request to an open route; empty when it has no valid session.
// An invalid credential must not block what anybody may do.
std::string own_session(const Context& context);

}  // namespace authd::api
