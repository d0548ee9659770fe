// oauthapp: signing up, in and out. Access tokens last 30 minutes and refresh tokens a day;
// sessions end after 20 idle minutes.
#include "api/compat/compat.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/federation.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/names/providers.h"
#include "auth/core/caller.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/passwordless.h"
#include "base/refusal.h"
#include "config/compat.h"
#include "http/wire/body.h"

namespace authd::api::compat {
namespace {

constexpr std::string_view kGoogle = "google";

auth::Origin origin(const Context& context) {
  return origin_of(context, config::kOauthapp);
}

http::Reply tokens_reply(std::string_view message, const auth::Tokens& tokens) {
  JsonWriter json;
  json.begin_object()
      .field("message", message)
      .field("access_token", tokens.access.reveal())
      .field("refresh_token", tokens.refresh.reveal())
      .field("token_type", "bearer")
      .field("expires_in", tokens.expires_in.count())
      .end_object();
  return http::Reply::json(200, std::move(json));
}

http::Reply otp_reply(std::string_view message, std::string_view mfa_token = {}) {
  JsonWriter json;
  json.begin_object().field("message", message).field("requires_otp", true);
  if (!mfa_token.empty()) json.field("mfa_token", mfa_token);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

http::Reply logged_in(const Context& context, const auth::Tokens& tokens) {
  return with_device(context, tokens_reply("Login Successful", tokens), tokens);
}

// Tokens or the next step; the password has been verified by now.
Result<http::Reply> outcome_reply(const Context& context, const auth::LoginOutcome& outcome) {
  TRY(check_no_steps(context, outcome));
  if (const auto* tokens = std::get_if<auth::Tokens>(&outcome)) return logged_in(context, *tokens);
  if (auth::is_by_email(std::get<auth::MfaNeeded>(outcome).methods)) {
    return otp_reply("OTP sent to your Email. Verify it at /verify-otp");
  }
  return otp_reply("Send the code of your authenticator app as mfa_code");
}

Result<std::string_view> required_bearer(const Context& context) {
  const std::optional<std::string_view> token = TRY(bearer_token(context.request));
  if (token) return *token;
  return Error{ErrorCode::unauthenticated, "A token is needed (Authorization: Bearer …)."};
}

Result<void> require_google(const Context& context) {
  if (context.auth().providers.find(kGoogle) != nullptr) return {};
  return refused(ErrorCode::not_found, "provider_not_configured",
                 "Signing in with Google is not set up here: the configuration has no "
                 "[providers.google].");
}

}  // namespace

// POST /signup {username, email, password, first_name?, …} → 200 {"message"}, even if the email
// already has an account
Result<http::Reply> oauthapp_sign_up(const Context& context) {
  http::FormWithFile sent = TRY(http::json_body_with_file(context.request, kPicture));
  auth::NewAccount account = TRY(account_of(sent.form));
  account.username = TRY(required_text(sent.form, "username"));
  account.email = TRY(required_text(sent.form, "email"));
  account.picture = std::move(sent.file).value_or("");
  TRY(of_picture(
      auth::sign_up(context.auth(), account, origin(context), auth::AfterSignup::confirm_email)));
  return message_reply("Email sent to " + account.email + ". Confirm your Email to Create Account");
}

// POST /login {username, password, mfa_code?} → 200 tokens, or {"message", "requires_otp": true}
Result<http::Reply> oauthapp_log_in(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const std::string username = TRY(required_text(form, "username"));
  const Password password(TRY(required_text(form, "password")));
  const auto code = TRY(optional_answer(form, "mfa_code"));
  const auth::LoginOutcome outcome =
      TRY(auth::log_in(context.auth(), username, password, code, origin(context)));
  const auto* needed = std::get_if<auth::MfaNeeded>(&outcome);
  if (needed != nullptr && auth::is_by_email(needed->methods)) {
    TRY(auth::send_second_code(context.auth(), username, origin(context), false));
  }
  return outcome_reply(context, outcome);
}

// POST /logout (Bearer: access or refresh token) → 200 {"message"}
Result<http::Reply> oauthapp_log_out(const Context& context) {
  const std::string_view token = TRY(required_bearer(context));
  const auto found = TRY(auth::introspect(context.auth(), token, context.auth().clock.now()));
  if (!found) return auth::invalid_token();
  auth::Origin by_owner = origin(context);
  by_owner.actor = found->user.id;
  TRY(auth::end_session(context.auth(), found->session.id, by_owner));
  return message_reply("Logout Successful");
}

// POST /refresh (Bearer: refresh token) → 200 both tokens
Result<http::Reply> oauthapp_refresh(const Context& context) {
  const RefreshToken token{std::string(TRY(required_bearer(context)))};
  return tokens_reply("Tokens Refreshed",
                      TRY(auth::refresh(context.auth(), token, origin(context))));
}

// POST /send-otp {email} → 200, always the same; a code is mailed only to somebody who has just
// logged in with the password
Result<http::Reply> oauthapp_send_code(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const std::string email = TRY(required_text(form, "email"));
  TRY(auth::send_second_code(context.auth(), email, origin(context), true));
  return message_reply("If you logged in with your password a moment ago, an OTP is on its way.");
}

// POST /verify-otp {email, otp_code, username, password, mfa_code?} → 200 tokens
Result<http::Reply> oauthapp_verify_code(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  auth::PasswordAndCode proof;
  proof.email = TRY(required_text(form, "email"));
  proof.code = OneTimeSecret(TRY(required_text(form, "otp_code")));
  proof.login = TRY(required_text(form, "username"));
  proof.password = Password(TRY(required_text(form, "password")));
  const auto mfa_code = TRY(optional_answer(form, "mfa_code"));
  return outcome_reply(context, TRY(auth::log_in_by_password_and_code(context.auth(), proof,
                                                                      mfa_code, origin(context))));
}

// GET /auth/google → 302 to the provider
Result<http::Reply> oauthapp_google(const Context& context) {
  TRY(require_google(context));
  return start_at_provider(context, kGoogle, origin(context));
}

// GET /auth/google/callback?state&code → 200 tokens
Result<http::Reply> oauthapp_google_callback(const Context& context) {
  TRY(require_google(context));
  const auth::FederationOutcome outcome =
      TRY(return_from_provider(context, kGoogle, origin(context)).outcome);
  http::Reply reply = message_reply("Google account linked");
  if (const auto* login = std::get_if<auth::LoginOutcome>(&outcome)) {
    TRY(check_no_steps(context, *login));
    const auto* needed = std::get_if<auth::MfaNeeded>(login);
    // Google users have no password to send again with the code.
    reply = needed == nullptr ? logged_in(context, std::get<auth::Tokens>(*login))
                              : otp_reply("Send the code with mfa_token to /api/v1/auth/mfa",
                                          needed->token.reveal());
  }
  return reply;
}

}  // namespace authd::api::compat
