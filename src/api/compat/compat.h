// The APIs of the services that authd replaces, as thin adapters over auth/: a client of any of
// them works when its base URL is changed. Which there are, and how long their tokens live:
// config/compat.h. Each is switched off by compat.enabled.
//
// Sessions are of one kind: a token of one API is good at every other, ended anywhere it is ended
// everywhere. Only how it is renewed follows the API that made it.
#pragma once

#include "api/context.h"
#include "auth/signin/login.h"
#include "base/json.h"
#include "http/body.h"

namespace authd::api::compat {

// Where the request comes from, by the API that it is of.
auth::Origin origin_of(const Context& context, std::string_view api);

// A refusal as these clients read it: the text under "error", "message" and "detail", whichever
// they show; the stable code under "code". A value that is not acceptable is 400.
http::Reply error_reply(const Error& error, std::string_view request_id);

// A field that has to be there and not empty.
Result<std::string> required_text(const JsonObject& form, std::string_view field);

// 401, for the APIs that know no second step: the login goes on when it is sent again with
// "mfa_code", or by the token at /api/v1/auth/mfa.
http::Reply mfa_reply(const Context& context, const auth::MfaNeeded& needed);

// The picture of a form may be long; null and "" are no picture. Errors name "profile_picture".
inline constexpr std::string_view kPicture = "profile_picture";
template <typename T>
Result<T> of_picture(Result<T> result) {
  if (result || result.error().field != "image") return result;
  Error error = result.error();
  error.field = kPicture;
  return error;
}

// What auth/ calls "new_password" is "password" to the clients of these APIs.
template <typename T>
Result<T> of_password(Result<T> result) {
  if (result || result.error().field != "new_password") return result;
  Error error = result.error();
  error.field = "password";
  return error;
}

// Marks the device as one of the user's (auth/core/attempts.h).
http::Reply with_device(const Context& context, http::Reply reply, const tables::User& user);

// Paths that two of the APIs have: what a client sends shows which one it means.
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
