// The APIs of the services that authd replaces, as thin adapters over auth/: their clients work
// once the base URL is changed. config/client_profile.h has the lifetimes of their tokens.
// compat.enabled switches each on or off.
//
// All sessions are of one kind: a token from one API is valid in every other, and ending a session
// ends it everywhere. Only its renewal depends on the API that created it.
#pragma once

#include "api/core/context.h"
#include "auth/signin/login.h"
#include "base/json.h"
#include "http/wire/body.h"

namespace authd::api::compat {

// The origin of a request that came through the named API.
auth::Origin origin_of(const Context& context, std::string_view client);

// An error in the format of these clients: the text under "error", "message" and "detail", since
// clients differ in which one they show; the stable code under "code". An unacceptable value is a
// 400.
http::Reply error_reply(const Error& error, std::string_view request_id);

// A required field that must not be empty.
Result<std::string> required_text(const JsonObject& form, std::string_view field);

// 401, for the APIs without a second step. The client completes the login by sending it again with
// "mfa_code", or with the token at /api/v1/auth/mfa.
http::Reply mfa_reply(const Context& context, const auth::MfaNeeded& needed);

// These APIs cannot ask for the steps that a login has left (auth/signin/login_steps.h). Error:
// `forbidden`, "terms_required" or "password_change_required".
Result<void> check_no_steps(const Context& context, const auth::LoginOutcome& outcome);

// The picture in a form may be long; null and "" mean no picture. Errors name "profile_picture".
inline constexpr std::string_view kPicture = "profile_picture";
template <typename T>
Result<T> of_picture(Result<T> result) {
  if (result || result.error().field != "image") return result;
  Error error = result.error();
  error.field = kPicture;
  return error;
}

// auth/ calls the field "new_password"; clients of these APIs call it "password".
template <typename T>
Result<T> of_password(Result<T> result) {
  if (result || result.error().field != "new_password") return result;
  Error error = result.error();
  error.field = "password";
  return error;
}

// Marks the device as known to the user (auth/core/limits/devices.h).
http::Reply with_device(const Context& context, http::Reply reply, const auth::Tokens& tokens);

// Paths that two of the APIs share: what the client sends shows which API it means.
Result<http::Reply> log_out(const Context& context);

// secureauth.cpp
Result<http::Reply> secureauth_sign_up(const Context& context);
Result<http::Reply> secureauth_log_in(const Context& context);
Result<http::Reply> secureauth_me(const Context& context, const auth::Person& person);

// facade.cpp
Result<http::Reply> facade_add_user(const Context& context);
Result<http::Reply> facade_show_user(const Context& context, const auth::Person& person);
Result<http::Reply> facade_change_user(const Context& context, const auth::Person& person);
Result<http::Reply> facade_remove_user(const Context& context, const auth::Person& person);
Result<http::Reply> facade_log_in(const Context& context);
Result<http::Reply> facade_validate(const Context& context);
Result<http::Reply> facade_log_out(const Context& context, const JsonObject& form);

// fastapi.cpp
Result<http::Reply> fastapi_health(const Context& context);

// oauthapp.cpp
Result<http::Reply> oauthapp_sign_up(const Context& context);
Result<http::Reply> oauthapp_log_in(const Context& context);
Result<http::Reply> oauthapp_log_out(const Context& context);
Result<http::Reply> oauthapp_refresh(const Context& context);
Result<http::Reply> oauthapp_send_code(const Context& context);
Result<http::Reply> oauthapp_verify_code(const Context& context);
Result<http::Reply> oauthapp_google(const Context& context);
Result<http::Reply> oauthapp_google_callback(const Context& context);

// oauthapp_account.cpp
Result<http::Reply> oauthapp_confirm(const Context& context);
Result<http::Reply> oauthapp_resend(const Context& context);
Result<http::Reply> oauthapp_forgot(const Context& context);
Result<http::Reply> oauthapp_reset(const Context& context);
Result<http::Reply> oauthapp_begin_mfa(const Context& context, const auth::Person& person);
Result<http::Reply> oauthapp_confirm_mfa(const Context& context, const auth::Person& person);
Result<http::Reply> oauthapp_show_profile(const Context& context, const auth::Person& person);
Result<http::Reply> oauthapp_change_profile(const Context& context, const auth::Person& person);

}  // namespace authd::api::compat
