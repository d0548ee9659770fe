// Logging in by mail: /api/v1/auth/otp/… and auth/magic-link/…
#include "auth/signin/passwordless.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/one_time_tokens.h"

#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"

namespace authd::api {
namespace {

// The browser's half of a magic link.
constexpr std::string_view kLinkCookie = "authd_magic_link";

// For how long the mail is good, and when another one can be requested, in seconds. The same with
// and without an account.
void write_times(JsonWriter& json, Milliseconds life) {
  const auto seconds = [](Milliseconds time) { return std::chrono::floor<Seconds>(time).count(); };
  json.field("expires_in", seconds(life)).field("resend_after", seconds(auth::kResendPause));
}

}  // namespace

// POST auth/otp/send {email} → 200 {message, expires_in, resend_after}, always the same
Result<http::Reply> send_code(const Context& context) {
  const JsonObject form = TRY(context.form());
  constexpr Seconds kAskerLife = std::chrono::hours(1);
  auth::Origin origin = context.origin();
  if (origin.asker.empty()) origin.asker = auth::make_asker(context.auth());
  TRY(auth::send_login_code(context.auth(), TRY(form.string("email")), origin));
  JsonWriter json;
  json.begin_object().field("message", "If there is such an account, a code is on its way to it.");
  write_times(json, auth::kCodeLife);
  json.end_object();
  return http::Reply::json(200, std::move(json))
      .with("Set-Cookie",
            own_cookie(context.auth().config, kAskerCookie, origin.asker, kAskerLife));
}

// POST auth/otp/verify {email, code, mfa_code?, remember?} → 200, tokens or the next step
Result<http::Reply> verify_code(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::string email = TRY(form.string("email"));
  const OneTimeSecret code = TRY(form.secret<OneTimeSecret>("code"));
  const auto mfa_code = TRY(optional_answer(form, "mfa_code"));
  const auth::Remember remember = TRY(remember_of(context.auth().config, form));
  return login_reply(context, TRY(auth::log_in_by_code(context.auth(), email, code, mfa_code,
                                                       context.origin(), remember)));
}

// POST auth/magic-link {email} → 200, always the same. `binding` is also set as a cookie; a program
// without cookies sends it back with the token.
Result<http::Reply> send_magic_link(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret binding =
      TRY(auth::send_magic_link(context.auth(), TRY(form.string("email")), context.origin()));
  JsonWriter json;
  json.begin_object()
      .field("message", "If there is such an account, a link is on its way to it.")
      .field("binding", binding.reveal());
  write_times(json, auth::kMagicLinkLife);
  json.end_object();
  return http::Reply::json(200, std::move(json))
      .with("Set-Cookie",
            own_cookie(context.auth().config, kLinkCookie, std::string(binding.reveal()),
                       std::chrono::floor<Seconds>(auth::kMagicLinkLife)));
}

// POST auth/magic-link/verify {token, binding?} → 200, tokens or the next step
Result<http::Reply> verify_magic_link(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const OneTimeSecret binding(
      TRY(form.optional_string("binding"))
          .value_or(cookie(context.request, own_cookie_name(context.auth().config, kLinkCookie))));
  return login_reply(context,
                     TRY(auth::log_in_by_link(context.auth(), token, binding, context.origin())));
}

}  // namespace authd::api
