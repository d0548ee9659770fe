// Accounts, tokens and sessions as JSON, one form of each for all endpoints.
#pragma once

#include "api/context.h"
#include "auth/accounts/accounts.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login.h"
#include "base/json_writer.h"
#include "http/message.h"

namespace authd::api {

// {"id", "username", "email", "email_verified", …} as a value at the writer's place.
void write_user(JsonWriter& json, const tables::User& user, const std::vector<std::string>& roles);

// {"access_token", "token_type": "bearer", "expires_in", "refresh_token", "user"} (RFC 6749
// section 5.1). For a session that a cookie keeps: {"user", "csrf_token"}, and the cookie.
http::Reply tokens_reply(const Context& context, int status, const auth::Tokens& tokens);

// The tokens, or {"mfa_required": true, "mfa_token", "methods", "expires_in"}. Marks the device as
// one of the user's (auth/core/attempts.h).
http::Reply login_reply(const Context& context, const auth::LoginOutcome& outcome);
http::Reply login_reply(const Context& context, int status, const auth::Tokens& tokens);

// {"message": …}
http::Reply message_reply(std::string_view message);

// {"sessions": […]}
http::Reply sessions_reply(const std::vector<tables::Session>& sessions,
                           std::string_view current_id);

void write_role(JsonWriter& json, const tables::Role& role);
void write_audit_entry(JsonWriter& json, const tables::AuditEntry& entry);
void write_mail(JsonWriter& json, const tables::Mail& mail);  // without what it carries

// A session of the device list; `current` marks the one that asks.
void write_session(JsonWriter& json, const tables::Session& session, std::string_view current_id);

}  // namespace authd::api
