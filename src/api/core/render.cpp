#include "api/core/render.h"

#include <algorithm>

#include "api/core/browser_session.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/limits/devices.h"
#include "auth/sessions/session_cookie.h"
#include "auth/sessions/session_tokens.h"
#include "tables/sessions.h"

namespace authd::api {

http::Reply tokens_reply(const Context& context, int status, const auth::Tokens& tokens) {
  const auth::Services& s = context.auth();
  JsonWriter json;
  if (tokens.session.kind == tables::SessionKind::browser) {
    json.begin_object().field("csrf_token", auth::csrf_token(s, tokens.session)).key("user");
    write_user(json, tokens.user, tokens.roles);
    write_recovery_codes(json, tokens.recovery_codes);
    json.end_object();
    http::Reply reply = http::Reply::json(status, std::move(json));
    reply.with("Set-Cookie", auth::session_cookie(s, tokens.session, s.clock.now()));
    // A cookie from before cookies.domain was changed would compete with the new one.
    return forget_other_cookies(context, 1, std::move(reply));
  }
  json.begin_object()
      .field("access_token", tokens.access.reveal())
      .field("token_type", "bearer")
      .field("expires_in", tokens.expires_in.count())
      .field("refresh_token", tokens.refresh.reveal())
      .key("user");
  write_user(json, tokens.user, tokens.roles);
  write_recovery_codes(json, tokens.recovery_codes);
  json.end_object();
  return http::Reply::json(status, std::move(json));
}

std::string device_cookie(const Context& context, const auth::Tokens& tokens) {
  const auth::Services& s = context.auth();
  return own_cookie(s.config, kDeviceCookie,
                    auth::make_device(s, tokens.user, tokens.device, s.clock.now()),
                    std::chrono::floor<Seconds>(auth::kDeviceLife));
}

http::Reply login_reply(const Context& context, int status, const auth::Tokens& tokens) {
  return tokens_reply(context, status, tokens).with("Set-Cookie", device_cookie(context, tokens));
}

namespace {

constexpr auto kExpiresIn = std::chrono::floor<Seconds>(auth::kChallengeLife).count();

http::Reply steps_reply(const Context& context, int status, const auth::StepsNeeded& needed) {
  const config::Terms& terms = context.auth().config.terms;
  JsonWriter json;
  json.begin_object();
  write_texts(json, "steps_required", auth::words_of(needed.steps));
  json.field("step_token", needed.token.reveal()).field("expires_in", kExpiresIn);
  if (std::ranges::find(needed.steps, auth::LoginStep::terms) != needed.steps.end()) {
    json.key("terms")
        .begin_object()
        .field("version", terms.version)
        .field("url", terms.url)
        .end_object();
  }
  json.end_object();
  return http::Reply::json(status, std::move(json));
}

}  // namespace

http::Reply login_reply(const Context& context, const auth::LoginOutcome& outcome, int status) {
  if (const auto* tokens = std::get_if<auth::Tokens>(&outcome)) {
    return login_reply(context, status, *tokens);
  }
  if (const auto* waits = std::get_if<auth::StepsNeeded>(&outcome)) {
    return steps_reply(context, status, *waits);
  }
  const auto& needed = std::get<auth::MfaNeeded>(outcome);
  JsonWriter json;
  json.begin_object()
      .field("mfa_required", true)
      .field("mfa_token", needed.token.reveal())
      .field("expires_in", kExpiresIn)
      .key("methods")
      .begin_array();
  for (const auth::Method method : needed.methods)
    json.value(auth::word_of(method));
  json.end_array();
  if (needed.remember_for > Milliseconds(0)) {
    json.field("remember_for", std::chrono::floor<Seconds>(needed.remember_for).count());
  }
  json.end_object();
  return http::Reply::json(status, std::move(json));
}

http::Reply in_watched_window(http::Reply reply) {
  return std::move(reply).with("Cross-Origin-Opener-Policy", "unsafe-none");
}

http::Reply message_reply(std::string_view message) {
  JsonWriter json;
  json.begin_object().field("message", message).end_object();
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> sessions_reply(const Context& context, UserId user,
                                   const auth::UserCaller& caller) {
  std::optional<tables::SessionKind> kind;
  if (const auto word = context.request.query("kind")) {
    kind = tables::parse_session_kind(*word);
    if (!kind) {
      return Error{ErrorCode::invalid, "\"kind\" must be browser, tokens or issued.", "kind"};
    }
  }
  const std::vector<tables::Session> sessions =
      TRY(auth::list_sessions(context.auth(), user, context.auth().clock.now(), kind));
  const tables::Session* current = caller.session_if_any();
  JsonWriter json;
  write_list(json, "sessions", sessions, [&](JsonWriter& to, const tables::Session& session) {
    write_session(to, session, current != nullptr && session.id == current->id);
  });
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
