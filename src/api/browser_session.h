// The session cookie (auth/sessions/session_cookie.h) in requests and replies.
//
// A browser sends a cookie along whoever made it send the request, so a request that changes
// something has to show the CSRF token as well, which a foreign page cannot read (OWASP Cross-Site
// Request Forgery Prevention Cheat Sheet, "HMAC based token pattern").
#pragma once

#include <optional>

#include "api/context.h"
#include "auth/core/trace.h"

namespace authd::api {

// Error: `malformed` when the header says something else; `forbidden`, "csrf_failed", when another
// site wants to sign this browser in.
Result<void> check_session_header(const http::Request& request);

// Any method but GET, HEAD and OPTIONS.
bool changes_something(const http::Request& request);

// Whoever is signed in by the cookie; nullopt when there is none. Errors: `unauthenticated`,
// "invalid_session", also for two cookies that differ, since one of them is not ours; `forbidden`,
// "csrf_failed".
Result<std::optional<auth::Person>> cookie_caller(const Api& api, const http::Request& request,
                                                  bool needs_csrf_token,
                                                  auth::Trace* trace = nullptr);

// Takes the cookie away when the caller came by it.
http::Reply forget_session(const Context& context, const auth::Person& caller, http::Reply reply);

}  // namespace authd::api
