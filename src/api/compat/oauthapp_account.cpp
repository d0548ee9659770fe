// oauthapp: the own account: confirming its email, a lost password, the second factor, the profile.
#include "api/compat/compat.h"
#include "api/endpoints.h"
#include "api/qr_code.h"
#include "api/render.h"
#include "auth/recovery.h"
#include "auth/second_factor.h"
#include "auth/step_up.h"
#include "base/encoding.h"
#include "config/compat.h"
#include "http/body.h"

namespace authd::api::compat {
namespace {

auth::Origin origin(const Context& context) {
  return origin_of(context, config::kOauthapp);
}

OneTimeSecret token_of(const Context& context) {
  return OneTimeSecret(std::string(context.request.param("token")));
}

// A link that is wrong is bad input, not a credential that is missing.
template <typename T>
Result<T> or_bad_link(Result<T> result) {
  if (result || result.error().code != ErrorCode::unauthenticated) return result;
  Error error = result.error();
  error.code = ErrorCode::malformed;
  return error;
}

void text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

http::Reply profile_reply(std::string_view message, const tables::User& user) {
  JsonWriter json;
  json.begin_object();
  if (!message.empty()) json.field("message", message);
  json.field("id", user.id.value);
  text_or_null(json, "username", user.username);
  text_or_null(json, "email", user.email);
  text_or_null(json, "first_name", user.first_name);
  text_or_null(json, "last_name", user.last_name);
  text_or_null(json, "phone_number", user.phone_number);
  json.field("mfa_enabled", user.mfa_enabled);
  json.field("created_at", format_rfc3339(user.created_at)).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// GET /confirm/:token → 200 {"message"}
Result<http::Reply> oauthapp_confirm(const Context& context) {
  // Programs that look at links in mails ask for their head: that confirms nothing.
  if (context.request.method == http::Method::head) return http::Reply::text(200, "");
  TRY(or_bad_link(auth::confirm_any_email(context.auth(), token_of(context), origin(context))));
  return message_reply("Email Confirmed. You can log in now");
}

// POST /resend-confirmation {email} → 200, always the same
Result<http::Reply> oauthapp_resend(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  TRY(auth::send_verification(context.auth(), TRY(required_text(form, "email")), origin(context)));
  return message_reply("If there is something to confirm, an email is on its way.");
}

// POST /forgot-password {email} → 200, always the same
Result<http::Reply> oauthapp_forgot(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  TRY(auth::forgot_password(context.auth(), TRY(required_text(form, "email")), origin(context)));
  return message_reply("If there is such an account, an email is on its way to it.");
}

// POST /reset-password/:token {password} → 200 {"message"}
Result<http::Reply> oauthapp_reset(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const Password replacement(TRY(required_text(form, "password")));
  TRY(or_bad_link(
      auth::reset_password(context.auth(), token_of(context), replacement, origin(context))));
  return message_reply("Password Reset Successful");
}

// POST /mfa → 200 {"mfa_secret", "provisioning_uri", "qr_code_url"}
Result<http::Reply> oauthapp_begin_mfa(const Context& context) {
  TRY(auth::require_fresh_proof(*context.caller, context.auth().clock.now()));
  const auth::TotpSetup setup = TRY(auth::begin_totp(context.auth(), *context.caller));
  JsonWriter json;
  json.begin_object()
      .field("mfa_secret", setup.secret.reveal())
      .field("provisioning_uri", setup.uri.reveal())
      .field("qr_code_url",
             "data:image/svg+xml;base64," + base64_encode(qr_svg(setup.uri.reveal())))
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// PUT /mfa {mfa_code} → 200 {"message", "recovery_codes"}
Result<http::Reply> oauthapp_confirm_mfa(const Context& context) {
  TRY(auth::require_fresh_proof(*context.caller, context.auth().clock.now()));
  const JsonObject form = TRY(http::json_body(context.request));
  const OneTimeSecret code(TRY(required_text(form, "mfa_code")));
  const auto codes =
      TRY(auth::confirm_totp(context.auth(), *context.caller, code, origin(context)));
  JsonWriter json;
  json.begin_object().field("message", "MFA Enabled").key("recovery_codes").begin_array();
  for (const OneTimeSecret& one : codes)
    json.value(one.reveal());
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

// GET /profile → 200
Result<http::Reply> oauthapp_show_profile(const Context& context) {
  return profile_reply("", context.caller->user);
}

// PUT /profile {username?, email?, first_name?, …} → 200 {"message", …}: what is absent stays
Result<http::Reply> oauthapp_change_profile(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const auth::AccountView view = TRY(change_own_profile(context, form, origin(context)));
  return profile_reply("Profile Updated", view.user);
}

}  // namespace authd::api::compat
