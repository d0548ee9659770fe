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

std::vector<std::string> session_cookies(const http::Request& request,
                                         const config::Config& config) {
  return different_cookies(request, auth::session_cookie_name(config));
}

// As authenticate_cookie(). Beside others, a value that does not count is no failed step.
Result<auth::Person> try_cookie(const Api& api, std::string_view value, bool is_alone,
                                auth::Trace* trace) {
  const Time now = api.auth.clock.now();
  if (trace == nullptr || is_alone) {
    return auth::authenticate_cookie(api.auth, value, now, trace);
  }
  auth::Trace steps;
  Result<auth::Person> person = auth::authenticate_cookie(api.auth, value, now, &steps);
  if (!person) {
    auth::passes(trace, "one of several cookies", true,
                 "ignored: " + (steps.steps.empty() ? "" : steps.steps.back().detail));
    return person;
  }
  trace->steps.insert(trace->steps.end(), steps.steps.begin(), steps.steps.end());
  return person;
}

Result<auth::Person> person_of(const Api& api, const http::Request& request,
                               const std::vector<std::string>& values, auth::Trace* trace) {
  if (request.header_count("cookie") > 1) {
    auth::passes(trace, "one cookie", false, "two Cookie headers; a browser sends one");
    return auth::invalid_session();
  }
  std::optional<auth::Person> found;
  for (const std::string& value : values) {
    Result<auth::Person> person = try_cookie(api, value, values.size() == 1, trace);
    if (!person && person.error().code != ErrorCode::unauthenticated) return person.error();
    if (!person) continue;
    // Which of two accounts is meant cannot be known: another host may have planted one cookie.
    if (found && found->user().id != person->user().id) {
      auth::passes(trace, "one cookie", false, "two cookies, with sessions of two accounts");
      return auth::invalid_session();
    }
    const auto begin = [](const auth::Person& one) {
      return std::pair(one.session().created_at, one.session().id);
    };
    if (!found || begin(*found) < begin(*person)) found = std::move(*person);
  }
  if (found) return std::move(*found);
  if (values.size() > 1)
    auth::passes(trace, "one cookie", false, "several were sent, and none is valid");
  return auth::invalid_session();
}

}  // namespace

bool is_cross_site(const http::Request& request) {
  return request.header("sec-fetch-site") == "cross-site";
}

Error no_sign_in_from_another_site() {
  return csrf_failed("Another site may not sign this browser in.");
}

Result<void> check_session_header(const http::Request& request) {
  if (!request.header(kSessionHeader)) return {};
  if (!wants_cookie(request)) {
    return Error{ErrorCode::malformed, "X-Authd-Session must be \"cookie\" or absent."};
  }
  if (is_cross_site(request)) return no_sign_in_from_another_site();
  return {};
}

bool changes_something(const http::Request& request) {
  using enum http::Method;
  return request.method != get && request.method != head && request.method != options;
}

Result<std::optional<auth::Person>> cookie_caller(const Api& api, const http::Request& request,
                                                  bool needs_csrf_token, auth::Trace* trace) {
  const std::vector<std::string> values = session_cookies(request, api.auth.config);
  if (values.empty()) return std::optional<auth::Person>{};
  auth::passes(trace, "credential", true, "the session cookie");
  auth::Person caller = TRY(person_of(api, request, values, trace));
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

http::Reply forget_other_cookies(const Context& context, size_t least, http::Reply reply) {
  const auth::Services& s = context.auth();
  const std::vector<std::string> values = session_cookies(context.request, s.config);
  const auto own = std::count_if(values.begin(), values.end(), [&](const std::string& value) {
    return auth::session_in_cookie(s, value).has_value();
  });
  if (static_cast<size_t>(own) < least) return reply;
  for (std::string& header : auth::no_other_session_cookies(s.config))
    reply.with("Set-Cookie", std::move(header));
  return reply;
}

http::Reply forget_session(const Context& context, const auth::Person& caller, http::Reply reply) {
  if (caller.credential() != auth::Credential::cookie) return reply;
  reply.with("Set-Cookie", auth::no_session_cookie(context.auth().config))
      .with("Clear-Site-Data", "\"storage\"");
  return forget_other_cookies(context, 2, std::move(reply));
}

}  // namespace authd::api
