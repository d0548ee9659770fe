#include "api/compat/compat.h"

#include "api/core/render.h"
#include "config/compat.h"
#include "http/app/error_reply.h"
#include "http/wire/body.h"

namespace authd::api::compat {

auth::Origin origin_of(const Context& context, std::string_view client) {
  auth::Origin origin = context.origin();
  origin.client = client;
  origin.wants_cookie = false;  // clients of these APIs expect tokens
  return origin;
}

http::Reply error_reply(const Error& error, std::string_view request_id) {
  JsonWriter json;
  json.begin_object()
      .field("error", error.message)
      .field("message", error.message)
      .field("detail", error.message)
      .field("code", error.name.empty() ? default_name(error.code) : error.name);
  if (!error.field.empty()) json.field("field", error.field);
  json.field("request_id", request_id).end_object();
  http::Reply reply = http::error_reply(error, request_id);
  if (error.code == ErrorCode::invalid) reply.status = 400;
  reply.body = json.take();
  return reply;
}

Result<std::string> required_text(const JsonObject& form, std::string_view field) {
  std::string text = TRY(form.string(field));
  if (!text.empty()) return text;
  return Error{ErrorCode::invalid, "\"" + std::string(field) + "\" is required.",
               std::string(field)};
}

http::Reply mfa_reply(const Context& context, const auth::MfaNeeded& needed) {
  const std::string text = "A second factor is needed: send its code as \"mfa_code\".";
  JsonWriter json;
  json.begin_object()
      .field("error", text)
      .field("message", text)
      .field("detail", text)
      .field("code", "mfa_required")
      .field("mfa_required", true)
      .field("mfa_token", needed.token.reveal())
      .key("methods")
      .begin_array();
  for (const auth::Method method : needed.methods)
    json.value(auth::word_of(method));
  json.end_array().field("request_id", context.request.request_id).end_object();
  return http::Reply::json(401, std::move(json)).with("WWW-Authenticate", "Bearer realm=\"authd\"");
}

Result<void> check_no_steps(const Context& context, const auth::LoginOutcome& outcome) {
  const auto* waits = std::get_if<auth::StepsNeeded>(&outcome);
  if (waits == nullptr) return {};
  return auth::step_required(context.auth().config, waits->steps.front());
}

http::Reply with_device(const Context& context, http::Reply reply, const auth::Tokens& tokens) {
  return std::move(reply).with("Set-Cookie", device_cookie(context, tokens));
}

// POST /logout belongs to facade when the body has a token, otherwise to oauthapp, whose token is
// the Bearer.
Result<http::Reply> log_out(const Context& context) {
  const Features on = features_of(context.auth().config);
  const bool has_bearer = TRY(bearer_token(context.request)).has_value();
  if (on.has(Feature::facade)) {
    const bool may_be_other = has_bearer && on.has(Feature::oauthapp);
    if (!context.request.body.empty() || !on.has(Feature::oauthapp)) {
      const Result<JsonObject> form = http::json_body(context.request);
      if (form && (form->has("token") || !may_be_other)) return facade_log_out(context, *form);
      if (!form && !may_be_other) return form.error();
    }
  }
  return oauthapp_log_out(context);
}

}  // namespace authd::api::compat
