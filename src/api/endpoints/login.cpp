// Signing up, logging in and out, refreshing, changing the password: /api/v1/auth/…
#include "auth/signin/login.h"
#include "api/core/forms.h"
#include "api/core/guard.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/sessions/other_sessions.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/reauthentication.h"
#include "auth/signin/step_answer.h"

#include "api/core/browser_session.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/setup.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/sessions/sessions.h"

namespace authd::api {
// POST auth/signup {username?, email?, password or passkey, first_name?, …} → 201
Result<http::Reply> sign_up(const Context& context) {
  const auth::NewAccount account = TRY(own_account_of(context.auth().config, TRY(context.form())));
  const auto tokens = TRY(auth::sign_up(context.auth(), account, context.origin()));
  if (tokens) return login_reply(context, 201, *tokens);
  JsonWriter json;
  json.begin_object()
      .field("verification_required", true)
      .field("message", "Follow the link in the mail that was sent to you.")
      .end_object();
  return http::Reply::json(201, std::move(json));
}

// POST setup {token, username?, email?, password or passkey, …profile} → 201
Result<http::Reply> set_up(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const auth::NewAccount account = TRY(own_account_of(context.auth().config, form));
  return login_reply(context, 201,
                     TRY(auth::set_up(context.auth(), token, account, context.origin())));
}

// POST auth/login {username or email or login, password, mfa_code?, remember?} → 200, tokens or the
// next step
Result<http::Reply> log_in(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::string login = TRY(login_of(form));
  const Password password = TRY(form.secret<Password>("password"));
  const auto code = TRY(optional_answer(form, "mfa_code"));
  const auth::Remember remember = TRY(remember_of(context.auth().config, form));
  return login_reply(context, TRY(auth::log_in(context.auth(), login, password, code,
                                               context.origin(), remember)));
}

// POST auth/mfa {mfa_token, code or passkey, remember?} → 200, tokens or the steps left
Result<http::Reply> answer_mfa(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("mfa_token"));
  std::optional<auth::FactorAnswer> answer = TRY(optional_passkey(form, "passkey"));
  if (!answer) answer = auth::CodeAnswer{TRY(form.secret<OneTimeSecret>("code"))};
  const auth::Remember remember = TRY(remember_of(context.auth().config, form));
  return login_reply(context, TRY(auth::answer_challenge(context.auth(), token, *answer,
                                                         context.origin(), remember)));
}

// POST auth/steps {step_token, terms_version?, new_password?} → 200, tokens or the steps left
Result<http::Reply> answer_steps(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("step_token"));
  auth::StepAnswers given;
  given.terms_version = TRY(form.optional_string("terms_version"));
  if (form.has("new_password")) given.new_password = TRY(form.secret<Password>("new_password"));
  return login_reply(context,
                     TRY(auth::answer_steps(context.auth(), token, given, context.origin())));
}

// POST auth/reauthenticate {password, code or passkey} → 200
Result<http::Reply> reauthenticate(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const Password password(TRY(form.optional_string("password")).value_or(""));
  auto answer = TRY(optional_passkey(form, "passkey"));
  if (!answer) answer = TRY(optional_answer(form, "code"));
  if (password.empty() && !answer) {
    return Error{ErrorCode::invalid, "\"password\", \"code\" or \"passkey\" is required.",
                 "password"};
  }
  TRY(auth::reauthenticate(context.auth(), person, password, answer, context.origin()));
  return message_reply("Identity confirmed");
}

// POST auth/refresh {refresh_token} → 200
Result<http::Reply> refresh(const Context& context) {
  const JsonObject form = TRY(context.form());
  const RefreshToken token = TRY(form.secret<RefreshToken>("refresh_token"));
  return tokens_reply(context, 200, TRY(auth::refresh(context.auth(), token, context.origin())));
}

// POST auth/logout {refresh_token} or Bearer → 200
Result<http::Reply> log_out(const Context& context) {
  // The refresh token suffices, even if the access token sent with it has expired.
  if (!context.request.body.empty()) {
    const JsonObject form = TRY(context.form());
    if (form.has("refresh_token")) {
      const RefreshToken token = TRY(form.secret<RefreshToken>("refresh_token"));
      TRY(auth::end_session_of(context.auth(), token, context.origin()));
      return message_reply("Logged out successfully");
    }
  }
  const auth::Person caller = TRY(require_bearer(context.api, context.request));
  TRY(auth::end_session(context.auth(), caller.session().id, context.origin()));
  return forget_session(context, caller, message_reply("Logged out successfully"));
}

// POST auth/logout/all → 200
Result<http::Reply> log_out_everywhere(const Context& context, const auth::Person& person) {
  TRY(auth::end_all_sessions(context.auth(), person.user().id, context.origin()));
  return forget_session(context, person, message_reply("Logged out everywhere"));
}

// POST auth/logout/others → 200
Result<http::Reply> log_out_elsewhere(const Context& context, const auth::Person& person) {
  TRY(auth::end_sessions_elsewhere(context.auth(), person, context.origin()));
  return message_reply("Logged out everywhere else");
}

// POST auth/password/change {current_password, new_password} → 200
Result<http::Reply> change_password(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const Password current = TRY(form.secret<Password>("current_password"));
  const Password replacement = TRY(form.secret<Password>("new_password"));
  TRY(auth::change_password(context.auth(), person, current, replacement, context.origin()));
  return message_reply("Password changed successfully");
}

}  // namespace authd::api
