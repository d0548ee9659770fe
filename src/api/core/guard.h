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

// The program whose client id and secret are in the Authorization header or in the form, or that
// sends an assertion in the form (RFC 7521 section 4.2), in one way only (RFC 6749 section 2.3). A
// public client has only an id, in the form. `reads_document`: one that is known by its document
// alone may be fetched (RouteOptions). On a thread that must not wait, no assertion is verified:
// it is refused. Errors: `unauthenticated`, "invalid_client";
// `malformed`, "invalid_request"; those of form_pairs(), and of authenticate_by_assertion().
Result<auth::Program> require_any_client(const Api& api, const http::Request& request,
                                         const auth::Parameters& form, bool reads_document);

// The same, for a client that has a secret or keys, and a row.
Result<auth::Program> require_client(const Api& api, const http::Request& request,
                                     const auth::Parameters& form);

// The id of the session that sends a request to an open route, if it has a valid one.
// An invalid credential must not block what anybody may do.
std::optional<std::string> own_session(const Context& context);

}  // namespace authd::api
