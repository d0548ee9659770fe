// Who a request is from, by whichever credential it carries.
#pragma once

#include <string>

#include "api/context.h"

namespace authd::api {

// The caller behind the request's token; without an Authorization header the one behind its session
// cookie (browser_session.h). Error: `unauthenticated`, for the cookie also `forbidden`.
Result<auth::Caller> require_bearer(const Api& api, const http::Request& request);

// The same, for a caller who may act on their own account. Further error: `forbidden`,
// "insufficient_scope".
Result<auth::Caller> require_account(const Api& api, const http::Request& request);

// The id of the session that a request to an open route comes from; empty when there is none that
// is good. What is wrong with it is no reason to refuse what anybody may do.
std::string own_session(const Context& context);

}  // namespace authd::api
