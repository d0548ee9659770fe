#include "api/core/browser_session.h"

#include <algorithm>

#include "auth/core/caller.h"
#include "auth/sessions/session_cookie.h"
#include "base/refusal.h"

namespace authd::api {
namespace {

Error csrf_failed(std::string message) {
  return refused(ErrorCode::forbidden, "csrf_failed", std::move(message));
}

bool is_cross_site(const http::Request& request) {
  return request.header("sec-fetch-site") == "cross-site";
}

}  // namespace

Result<void> check_session_header(const http::Request& request) {
  if (!request.header(kSessionHeader)) return {};
  if (!wants_cookie(request)) {
    return Error{ErrorCode::malformed, "X-Authd-Session must be \"cookie\" or absent."};
  }
  if (is_cross_site(request)) return csrf_failed("Another site may not sign this browser in.");
  return {};
}

bool changes_something(const http::Request& request) {
  using enum http::Method;
  return request.method != get && request.method != head && request.method != options;
}

Result<std::optional<auth::Person>> cookie_caller(const Api& api, const http::Request& request,
                                                  bool needs_csrf_token, auth::Trace* trace) {
  const std::vector<std::string> values =
      cookies(request, auth::session_cookie_name(api.auth.config));
  if (values.empty()) return std::optional<auth::Person>{};
  auth::passes(trace, "credential", true, "the session cookie");
  const bool is_ambiguous =
      request.header_count("cookie") > 1 ||
      std::any_of(values.begin(), values.end(),
                  [&](const std::string& value) { return value != values.front(); });
  if (!auth::passes(
          trace, "one cookie", !is_ambiguous,
          is_ambiguous ? "two different values, one of them not from this server" : "one value")) {
    return auth::invalid_session();
  }
  auth::Person caller =
      TRY(auth::authenticate_cookie(api.auth, values.front(), api.auth.clock.now(), trace));
  if (!needs_csrf_token) return std::optional(std::move(caller));
  if (is_cross_site(request)) return csrf_failed("Another site may not do this.");
  if (!auth::is_csrf_token(api.auth, caller.session(),
                           request.header("x-csrf-token").value_or(""))) {
    return csrf_failed(
        "X-CSRF-Token is missing or belongs to another session; get it from GET "
        "/api/v1/auth/session.");
  }
  return std::optional(std::move(caller));
}

http::Reply forget_session(const Context& context, const auth::Person& caller, http::Reply reply) {
  if (caller.credential() != auth::Credential::cookie) return reply;
  return std::move(reply).with("Set-Cookie", auth::no_session_cookie(context.auth().config));
}

}  // namespace authd::api
