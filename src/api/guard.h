// Who a request is from, by whichever credential it carries.
#pragma once

#include <string>

#include "api/context.h"

namespace authd::api {

// Whoever is signed in by the request's token; without an Authorization header, by its session
// cookie (browser_session.h). Error: `unauthenticated`, for the cookie also `forbidden`.
Result<auth::Person> require_bearer(const Api& api, const http::Request& request);

// The same, for a person who may act on their own account. Further error: `forbidden`,
// "insufficient_scope".
Result<auth::Person> require_account(const Api& api, const http::Request& request);

// The program whose client id and secret are in the Authorization header or in the form, not in
// both (RFC 6749 section 2.3.1). Errors: `unauthenticated`, "invalid_client"; those of form_body().
Result<auth::Program> require_client(const Api& api, const http::Request& request);

// The id of the session that a request to an open route comes from; empty when there is none that
// is good. What is wrong with it is no reason to refuse what anybody may do.
std::string own_session(const Context& context);

}  // namespace authd::api
