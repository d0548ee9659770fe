// Replies that several endpoints give; what is in them is written by api/write.h.
#pragma once

#include "api/context.h"
#include "api/write.h"
#include "auth/accounts/accounts.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login.h"
#include "base/json_writer.h"
#include "http/message.h"

namespace authd::api {

// {"access_token", "token_type": "bearer", "expires_in", "refresh_token", "user"} (RFC 6749
// section 5.1). For a session that a cookie keeps: {"user", "csrf_token"}, and the cookie.
http::Reply tokens_reply(const Context& context, int status, const auth::Tokens& tokens);

// The tokens, or {"mfa_required": true, "mfa_token", "methods", "expires_in"}. Marks the device as
// one of the user's (auth/core/attempts.h).
http::Reply login_reply(const Context& context, const auth::LoginOutcome& outcome);
http::Reply login_reply(const Context& context, int status, const auth::Tokens& tokens);

// Set-Cookie for the device that the user has now logged in with.
std::string device_cookie(const Context& context, const tables::User& user);

// {"message": …}
http::Reply message_reply(std::string_view message);

// {"sessions": […]} of the user, which the caller asks for: all, or those of the kind that the
// query's "kind" names. Errors: `invalid`, with the field "kind"; `not_found`.
Result<http::Reply> sessions_reply(const Context& context, UserId user,
                                   const auth::UserCaller& caller);

}  // namespace authd::api
