// Identifies the caller from the credential in a request.
#pragma once

#include <optional>
#include <string>

#include "api/core/context.h"

namespace authd::api {

// The person whom the request's token identifies; without an Authorization header, the one whom the
// session cookie identifies (browser_session.h). Error: `unauthenticated`; for the cookie also
// `forbidden`.
Result<auth::Person> require_bearer(const Api& api, const http::Request& request);

// The same, for a person who may act on their own account. Further error: `forbidden`,
// "insufficient_scope".
Result<auth::Person> require_account(const Api& api, const http::Request& request);

// The program whose client id and secret are in the Authorization header or in the form, but not in
// both (RFC 6749 section 2.3.1). A public client has only an id, in the form. Errors:
// `unauthenticated`, "invalid_client"; `malformed`, "invalid_request"; those of form_pairs().
Result<auth::Program> require_any_client(const Api& api, const http::Request& request,
                                         const auth::Parameters& form);

// The same, for a client that has a secret.
Result<auth::Program> require_client(const Api& api, const http::Request& request,
                                     const auth::Parameters& form);

// The id of the session that sends a request to an open route, if it has a valid one.
// An invalid credential must not block what anybody may do.
std::optional<std::string> own_session(const Context& context);

}  // namespace authd::api
