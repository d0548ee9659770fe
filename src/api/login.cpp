// Signing up, logging in and out, refreshing, changing the password: /api/v1/auth/…
#include "auth/login.h"
#include "api/endpoints.h"
#include "api/render.h"
#include "auth/accounts.h"
#include "auth/sessions.h"
#include "http/body.h"

namespace authd::api {
namespace {

// The first of the three names by which a login may come.
Result<std::string> login_of(const JsonObject& form) {
  for (const std::string_view field : {"login", "username", "email"}) {
    if (const auto text = TRY(form.optional_string(field)); text && !text->empty()) return *text;
  }
  return Error{ErrorCode::invalid, "\"username\", \"email\" or \"login\" is required.", "username"};
}

}  // namespace

// POST auth/signup {username?, email?, password, first_name?, last_name?, phone_number?} → 201
Result<http::Reply> sign_up(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  auth::NewAccount account;
  account.username = TRY(form.optional_string("username")).value_or("");
  account.email = TRY(form.optional_string("email")).value_or("");
  account.password = TRY(form.secret<Password>("password"));
  account.first_name = TRY(form.optional_string("first_name")).value_or("");
  account.last_name = TRY(form.optional_string("last_name")).value_or("");
  account.phone_number = TRY(form.optional_string("phone_number")).value_or("");
  return tokens_reply(201, TRY(auth::sign_up(context.auth(), account, context.origin())));
}

// POST auth/login {username or email or login, password} → 200
Result<http::Reply> log_in(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const std::string login = TRY(login_of(form));
  const Password password = TRY(form.secret<Password>("password"));
  return tokens_reply(200, TRY(auth::log_in(context.auth(), login, password, context.origin())));
}

// POST auth/refresh {refresh_token} → 200
Result<http::Reply> refresh(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const RefreshToken token = TRY(form.secret<RefreshToken>("refresh_token"));
  return tokens_reply(200, TRY(auth::refresh(context.auth(), token, context.origin())));
}

// POST auth/logout {refresh_token} or Bearer → 200
Result<http::Reply> log_out(const Context& context) {
  if (TRY(bearer_token(context.request))) {
    const auth::Caller caller = TRY(require_bearer(context.api, context.request));
    TRY(auth::end_session(context.auth(), caller.session.id));
  } else {
    const JsonObject form = TRY(http::json_body(context.request));
    TRY(auth::end_session_of(context.auth(), TRY(form.secret<RefreshToken>("refresh_token"))));
  }
  return message_reply("Logged out successfully");
}

// POST auth/logout/all → 200
Result<http::Reply> log_out_everywhere(const Context& context) {
  TRY(auth::end_all_sessions(context.auth(), context.caller->user.id));
  return message_reply("Logged out everywhere");
}

// POST auth/password/change {current_password, new_password} → 200
Result<http::Reply> change_password(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const Password current = TRY(form.secret<Password>("current_password"));
  const Password replacement = TRY(form.secret<Password>("new_password"));
  TRY(auth::change_password(context.auth(), context.caller->user.id, context.caller->session.id,
                            current, replacement));
  return message_reply("Password changed successfully");
}

}  // namespace authd::api
