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

// Whether a page of another site caused the request, as the browser says (Fetch Metadata,
// Sec-Fetch-Site). Old browsers, and all of them over plain http, do not say.
bool is_cross_site(const http::Request& request);

// `forbidden`, "csrf_failed".
Error no_sign_in_from_another_site();

// Errors: `malformed` when the header has any other value; `forbidden`, "csrf_failed", when another
// site tries to sign this browser in.
Result<void> check_session_header(const http::Request& request);

// Any method but GET, HEAD and OPTIONS.
bool changes_something(const http::Request& request);

// The person whom the cookie identifies; nullopt when there is no cookie. A browser may send
// several cookies of the name: of a server above or below this one, or from before cookies.domain
// was changed. Those that are not from this server, or whose session is over, are passed over. Of
// two sessions of one account the later one counts. Errors: `unauthenticated`, "invalid_session",
// when none is left, when two accounts are, and when there are two Cookie headers; `forbidden`,
// "csrf_failed".
Result<std::optional<auth::Person>> cookie_caller(const Api& api, const http::Request& request,
                                                  bool needs_csrf_token,
                                                  auth::Trace* trace = nullptr);

// Deletes the session cookies with another reach (auth/sessions/session_cookie.h), if at least so
// many in the request are from this server. Those of other servers stay: they may be needed there.
http::Reply forget_other_cookies(const Context& context, size_t least, http::Reply reply);

// Deletes the cookie if the caller was identified by it, and those with another reach.
http::Reply forget_session(const Context& context, const auth::Person& caller, http::Reply reply);

}  // namespace authd::api
