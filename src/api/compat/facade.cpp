// facade: accounts with a username, and tokens of 35 minutes that every use renews.
#include "api/compat/compat.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/core/caller.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "config/compat.h"
#include "http/wire/body.h"

namespace authd::api::compat {
namespace {

// The token with which the client authenticated: a cookie is not enough, because the reply renews
// the token.
Result<std::string_view> presented_token(const Context& context) {
  const std::optional<std::string_view> presented = TRY(bearer_token(context.request));
  if (presented) return *presented;
  return Error{ErrorCode::unauthenticated, "A token is needed (Authorization: Bearer …)."};
}

http::Reply token_reply(std::string_view message, const AccessToken& token) {
  JsonWriter json;
  json.begin_object();
  if (!message.empty()) json.field("message", message);
  json.field("token", token.reveal()).end_object();
  return http::Reply::json(200, std::move(json));
}

// The caller that the "token" in a body identifies.
Result<auth::Person> caller_of(const Context& context, std::string_view token) {
  auth::Person caller = TRY(auth::authenticate(context.auth(), token, context.auth().clock.now()));
  if (caller.has_scope(auth::kAccountScope)) return caller;
  return refused(ErrorCode::forbidden, "insufficient_scope",
                 "The token does not have the scope that this needs.");
}

}  // namespace

// POST /user {username, password, email?} → 200 {"message"}
Result<http::Reply> facade_add_user(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  auth::NewAccount account;
  account.username = TRY(required_text(form, "username"));
  account.email = TRY(form.optional_string("email")).value_or("");
  account.password = TRY(form.secret<Password>("password"));
  TRY(auth::sign_up(context.auth(), account, origin_of(context, config::kFacade),
                    auth::AfterSignup::nothing));
  return message_reply("User created successfully");
}

// GET /user → 200 {"user": {"id", "username"}, "token"}
Result<http::Reply> facade_show_user(const Context& context, const auth::Person& person) {
  const tables::User& user = person.user();
  const std::string_view presented = TRY(presented_token(context));
  const AccessToken token = TRY(auth::renew_token(context.auth(), person, presented));
  JsonWriter json;
  json.begin_object().key("user").begin_object().field("id", user.id.value).key("username");
  if (user.username.empty()) {
    json.null();
  } else {
    json.value(user.username);
  }
  json.end_object().field("token", token.reveal()).end_object();
  return http::Reply::json(200, std::move(json));
}

// PUT /user {username?, password?, current_password?} → 200 {"message", "token"}
Result<http::Reply> facade_change_user(const Context& context, const auth::Person& person) {
  const std::string_view presented = TRY(presented_token(context));  // before anything changes
  const JsonObject form = TRY(http::json_body(context.request));
  auth::CredentialChange change;
  change.username = TRY(form.optional_string("username"));
  if (auto text = TRY(form.optional_string("password"))) change.password.emplace(std::move(*text));
  if (auto text = TRY(form.optional_string("current_password"))) {
    change.current_password.emplace(std::move(*text));
  }
  if (!change.username && !change.password) {
    return Error{ErrorCode::invalid, "\"username\" or \"password\" is required.", "username"};
  }
  TRY(of_password(auth::change_credentials(context.auth(), person, change,
                                           origin_of(context, config::kFacade))));
  return token_reply("User updated successfully",
                     TRY(auth::renew_token(context.auth(), person, presented)));
}

// DELETE /user → 200 {"message"}
Result<http::Reply> facade_remove_user(const Context& context, const auth::Person& person) {
  TRY(auth::delete_own_account(context.auth(), person, origin_of(context, config::kFacade)));
  return message_reply("User deleted successfully");
}

// POST /authenticate_user {username, password, mfa_code?} → 200 {"token"}
Result<http::Reply> facade_log_in(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const std::string username = TRY(required_text(form, "username"));
  const Password password(TRY(required_text(form, "password")));
  const auto code = TRY(optional_answer(form, "mfa_code"));
  const auth::LoginOutcome outcome = TRY(
      auth::log_in(context.auth(), username, password, code, origin_of(context, config::kFacade)));
  TRY(check_no_steps(context, outcome));
  if (const auto* needed = std::get_if<auth::MfaNeeded>(&outcome)) {
    return mfa_reply(context, *needed);
  }
  const auto& tokens = std::get<auth::Tokens>(outcome);
  return with_device(context, token_reply("", tokens.access), tokens);
}

// POST /validate_token {token} → 200 {"message", "token"}
Result<http::Reply> facade_validate(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const AccessToken token(TRY(required_text(form, "token")));
  const auth::Person caller = TRY(caller_of(context, token.reveal()));
  return token_reply("Token is valid",
                     TRY(auth::renew_token(context.auth(), caller, token.reveal())));
}

// POST /logout {token} → 200 {"message"}: ends every token of the login
Result<http::Reply> facade_log_out(const Context& context, const JsonObject& form) {
  const AccessToken token(TRY(required_text(form, "token")));
  const auth::Person caller = TRY(caller_of(context, token.reveal()));
  TRY(auth::end_session(context.auth(), caller.session().id, origin_of(context, config::kFacade)));
  return message_reply("Logged out successfully");
}

}  // namespace authd::api::compat
