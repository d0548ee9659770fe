// The session cookie (auth/sessions/session_cookie.h) in requests and replies.
//
// A browser sends its cookies with every request, even with one that a foreign page caused. So a
// request that changes something must also carry the CSRF token, which a foreign page cannot read
// (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "HMAC based token pattern").
#pragma once

#include <optional>

#include "api/core/context.h"
#include "auth/core/trace.h"

namespace authd::api {

// Errors: `malformed` when the header has any other value; `forbidden`, "csrf_failed", when another
// site tries to sign this browser in.
Result<void> check_session_header(const http::Request& request);

// Any method but GET, HEAD and OPTIONS.
bool changes_something(const http::Request& request);

// The person whom the cookie identifies; nullopt when there is no cookie. Errors:
// `unauthenticated`, "invalid_session", also when two cookies differ, because one of them is not
// from this server; `forbidden`, "csrf_failed".
Result<std::optional<auth::Person>> cookie_caller(const Api& api, const http::Request& request,
                                                  bool needs_csrf_token,
                                                  auth::Trace* trace = nullptr);

// Deletes the cookie if the caller was identified by it.
http::Reply forget_session(const Context& context, const auth::Person& caller, http::Reply reply);

}  // namespace authd::api
