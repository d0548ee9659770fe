#include "api/render.h"

#include "auth/accounts/second_factor.h"
#include "auth/core/attempts.h"
#include "auth/sessions/session_cookie.h"
#include "auth/sessions/session_tokens.h"
#include "base/encoding.h"
#include "tables/mail_queue.h"

namespace authd::api {
namespace {

// Absent text is null, so that clients need not tell "" from nothing.
void text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

void time_or_null(JsonWriter& json, std::string_view name, Time time) {
  text_or_null(json, name, time == Time{} ? "" : format_rfc3339(time));
}

// Below the address of this server, whatever name it is asked by. It changes with the picture.
std::string avatar_url(const tables::User& user) {
  if (user.avatar_version.empty()) return user.avatar_url;
  return "/api/v1/users/" + std::to_string(user.id.value) + "/avatar?v=" + user.avatar_version;
}

}  // namespace

void write_user(JsonWriter& json, const tables::User& user, const std::vector<std::string>& roles) {
  json.begin_object().field("id", user.id.value);
  text_or_null(json, "username", user.username);
  text_or_null(json, "email", user.email);
  json.field("email_verified", user.email_verified);
  text_or_null(json, "first_name", user.first_name);
  text_or_null(json, "last_name", user.last_name);
  text_or_null(json, "phone_number", user.phone_number);
  text_or_null(json, "avatar_url", avatar_url(user));
  json.key("roles").begin_array();
  for (const std::string& role : roles)
    json.value(role);
  json.end_array();
  json.key("role_id");
  if (user.role_ids.empty()) {
    json.null();
  } else {
    json.value(user.role_ids.front());
  }
  json.field("mfa_enabled", user.mfa_enabled).field("is_active", !user.disabled);
  time_or_null(json, "created_at", user.created_at);
  time_or_null(json, "updated_at", user.updated_at);
  time_or_null(json, "last_activity", user.last_activity);
  json.end_object();
}

http::Reply tokens_reply(const Context& context, int status, const auth::Tokens& tokens) {
  const auth::Services& s = context.auth();
  JsonWriter json;
  if (tokens.session.generation == 0) {
    json.begin_object().field("csrf_token", auth::csrf_token(s, tokens.session)).key("user");
    write_user(json, tokens.user, tokens.roles);
    json.end_object();
    return http::Reply::json(status, std::move(json))
        .with("Set-Cookie", auth::session_cookie(s, tokens.session, s.clock.now()));
  }
  json.begin_object()
      .field("access_token", tokens.access.reveal())
      .field("token_type", "bearer")
      .field("expires_in", tokens.expires_in.count())
      .field("refresh_token", tokens.refresh.reveal())
      .key("user");
  write_user(json, tokens.user, tokens.roles);
  json.end_object();
  return http::Reply::json(status, std::move(json));
}

http::Reply login_reply(const Context& context, int status, const auth::Tokens& tokens) {
  constexpr const char* kYear = "31536000";
  const auth::Services& s = context.auth();
  const std::string device = auth::make_device(s, tokens.user, s.clock.now());
  return tokens_reply(context, status, tokens)
      .with("Set-Cookie", std::string(kDeviceCookie) + "=" + device + "; Path=/; Max-Age=" + kYear +
                              "; HttpOnly; SameSite=Lax" +
                              (context.request.secure ? "; Secure" : ""));
}

http::Reply login_reply(const Context& context, const auth::LoginOutcome& outcome) {
  if (const auto* tokens = std::get_if<auth::Tokens>(&outcome)) {
    return login_reply(context, 200, *tokens);
  }
  const auto& needed = std::get<auth::MfaNeeded>(outcome);
  JsonWriter json;
  json.begin_object()
      .field("mfa_required", true)
      .field("mfa_token", needed.token.reveal())
      .field("expires_in", std::chrono::floor<Seconds>(auth::kChallengeLife).count())
      .key("methods")
      .begin_array();
  for (const std::string& method : needed.methods)
    json.value(method);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

http::Reply message_reply(std::string_view message) {
  JsonWriter json;
  json.begin_object().field("message", message).end_object();
  return http::Reply::json(200, std::move(json));
}

void write_session(JsonWriter& json, const tables::Session& session, std::string_view current_id) {
  json.begin_object()
      .field("id", auth::session_text(session.id))
      .field("current", session.id == current_id);
  time_or_null(json, "created_at", session.created_at);
  time_or_null(json, "last_used", session.rotated_at);
  time_or_null(json, "expires_at", session.expires_at);
  text_or_null(json, "address", session.address);
  text_or_null(json, "user_agent", session.user_agent);
  json.key("amr").begin_array();
  for (const std::string& method : session.amr)
    json.value(method);
  json.end_array().end_object();
}

http::Reply sessions_reply(const std::vector<tables::Session>& sessions,
                           std::string_view current_id) {
  JsonWriter json;
  json.begin_object().key("sessions").begin_array();
  for (const tables::Session& session : sessions)
    write_session(json, session, current_id);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

void write_role(JsonWriter& json, const tables::Role& role) {
  json.begin_object()
      .field("id", role.id.value)
      .field("name", role.name)
      .field("description", role.description)
      .key("permissions")
      .begin_array();
  for (const std::string& permission : role.permissions)
    json.value(permission);
  json.end_array().field("created_at", format_rfc3339(role.created_at)).end_object();
}

void write_audit_entry(JsonWriter& json, const tables::AuditEntry& entry) {
  json.begin_object()
      .field("number", entry.number)
      .field("at", format_rfc3339(entry.at))
      .field("action", entry.action)
      .field("outcome", entry.outcome)
      .field("actor", entry.actor.value)
      .field("operator", entry.operator_name)
      .field("subject", entry.subject.value)
      .field("target", entry.target)
      .field("address", entry.address)
      .field("request_id", entry.request_id)
      .field("detail", entry.detail)
      .end_object();
}

void write_mail(JsonWriter& json, const tables::Mail& mail) {
  json.begin_object()
      .field("id", hex_encode(mail.id))
      .field("kind", tables::mail_kind_name(mail.kind))
      .field("to", mail.to)
      .field("created_at", format_rfc3339(mail.created_at))
      .field("attempts", mail.attempts)
      .field("dead", mail.dead)
      .key("due_at");
  if (mail.dead) {
    json.null();
  } else {
    json.value(format_rfc3339(mail.due_at));
  }
  json.field("last_error", mail.last_error).end_object();
}

}  // namespace authd::api
