#include <algorithm>

#include "api/core/browser_session.h"
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
    const auto values = cookies(context.request, auth::session_cookie_name(s.config));
    const bool has_cookie =
        std::any_of(values.begin(), values.end(), [](const auto& value) { return !value.empty(); });
    if (context.request.header("authorization") || !has_cookie) return reply;
    reply.with("Set-Cookie", auth::no_session_cookie(s.config));
    return forget_other_cookies(context, 2, std::move(reply));
  }
  json.begin_object().field("authenticated", true).key("user");
  write_user(json, caller->user(), caller->roles());
  if (caller->credential() == auth::Credential::cookie) {
    json.field("csrf_token", auth::csrf_token(context.auth(), caller->session()));
  }
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// GET auth/work → 200 {"needed": true, "challenge", "bits", "expires_in"}
Result<http::Reply> show_work(const Context& context) {
  const auth::WorkAsked asked = auth::ask_for_work(context.auth(), context.api.work);
  JsonWriter json;
  json.begin_object().field("needed", asked.bits > 0);
  if (asked.bits > 0) {
    json.field("challenge", asked.challenge)
        .field("bits", uint64_t{asked.bits})
        .field("expires_in", static_cast<uint64_t>(Seconds(auth::kWorkLife).count()));
  }
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
