// Replies that several endpoints share; api/core/write.h writes their contents.
#pragma once

#include "api/core/context.h"
#include "api/core/write.h"
#include "auth/accounts/account/accounts.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login.h"
#include "base/json_writer.h"
#include "http/wire/message.h"

namespace authd::api {

// {"access_token", "token_type": "bearer", "expires_in", "refresh_token", "user"} (RFC 6749 section
// 5.1). For a session kept in a cookie: {"user", "csrf_token"}, and the cookie.
http::Reply tokens_reply(const Context& context, int status, const auth::Tokens& tokens);

// The tokens, or {"mfa_required": true, "mfa_token", "methods", "expires_in"}, or
// {"steps_required": […], "step_token", "expires_in", "terms"?: {"version", "url"}}. Also marks the
// device as known to the user (auth/core/limits/devices.h).
http::Reply login_reply(const Context& context, const auth::LoginOutcome& outcome,
                        int status = 200);
http::Reply login_reply(const Context& context, int status, const auth::Tokens& tokens);

// The Set-Cookie that marks the device from which the user has just logged in.
std::string device_cookie(const Context& context, const auth::Tokens& tokens);

// For a page of a sign-in: an application may have opened its window, and goes on watching it
// (Cross-Origin-Opener-Policy).
http::Reply in_watched_window(http::Reply reply);

// {"message": …}
http::Reply message_reply(std::string_view message);

// {"sessions": […]} of the user: all, or those of the kind in the query parameter "kind". Errors:
// `invalid`, with the field "kind"; `not_found`.
Result<http::Reply> sessions_reply(const Context& context, UserId user,
                                   const auth::UserCaller& caller);

}  // namespace authd::api
