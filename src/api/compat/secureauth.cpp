// secureauth: accounts with an email, access tokens of one hour, and no refresh tokens.
#include "api/compat/compat.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/sessions/session_tokens.h"
#include "config/compat.h"
#include "http/wire/body.h"

namespace authd::api::compat {

// POST /users {email, password} → 201 {"message"}
Result<http::Reply> secureauth_sign_up(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  auth::NewAccount account;
  account.email = TRY(required_text(form, "email"));
  account.password = TRY(form.secret<Password>("password"));
  TRY(auth::sign_up(context.auth(), account, origin_of(context, config::kSecureauth),
                    auth::AfterSignup::nothing));
  http::Reply reply = message_reply("User created");
  reply.status = 201;
  return reply;
}

// POST /auth/login {email, password, mfa_code?} → 200 {"access_token"}
Result<http::Reply> secureauth_log_in(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const std::string email = TRY(required_text(form, "email"));
  const Password password(TRY(required_text(form, "password")));
  const auto code = TRY(optional_answer(form, "mfa_code"));
  const auth::LoginOutcome outcome = TRY(
      auth::log_in(context.auth(), email, password, code, origin_of(context, config::kSecureauth)));
  TRY(check_no_steps(context, outcome));
  if (const auto* needed = std::get_if<auth::MfaNeeded>(&outcome)) {
    return mfa_reply(context, *needed);
  }
  const auto& tokens = std::get<auth::Tokens>(outcome);
  JsonWriter json;
  json.begin_object().field("access_token", tokens.access.reveal()).end_object();
  return with_device(context, http::Reply::json(200, std::move(json)), tokens);
}

// GET /users/me → 200 {"id", "email", "created_at"}
Result<http::Reply> secureauth_me(const Context&, const auth::Person& person) {
  const tables::User& user = person.user();
  JsonWriter json;
  json.begin_object().field("id", user.id.value).key("email");
  if (user.email.empty()) {
    json.null();
  } else {
    json.value(user.email);
  }
  json.field("created_at", format_rfc3339(user.created_at)).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api::compat
