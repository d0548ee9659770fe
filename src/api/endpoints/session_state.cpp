#include "api/core/guard.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/sessions/session_cookie.h"

namespace authd::api {

// GET auth/session → 200 {"authenticated": true, "user", "csrf_token"} or {"authenticated": false}
Result<http::Reply> get_session(const Context& context) {
  const Result<auth::Person> caller = require_account(context.api, context.request);
  JsonWriter json;
  if (!caller) {
    if (caller.error().code != ErrorCode::unauthenticated) return caller.error();
    json.begin_object().field("authenticated", false).end_object();
    http::Reply reply = http::Reply::json(200, std::move(json));
    const auth::Services& s = context.auth();
    if (context.request.header("authorization") ||
        cookie(context.request, auth::session_cookie_name(s.config)).empty()) {
      return reply;
    }
    return std::move(reply).with("Set-Cookie", auth::no_session_cookie(s.config));
  }
  json.begin_object().field("authenticated", true).key("user");
  write_user(json, caller->user(), caller->roles());
  if (caller->credential() == auth::Credential::cookie) {
    json.field("csrf_token", auth::csrf_token(context.auth(), caller->session()));
  }
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
