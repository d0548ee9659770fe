// GET and HEAD /auth/verify: forward auth. A reverse proxy asks here about each request that it is
// to pass on, with the headers of that request: nginx auth_request, Caddy forward_auth, Traefik
// ForwardAuth, HAProxy and Apache by Lua (packaging/proxies/). What they copy to the application is
// in headers.
#include <algorithm>

#include "api/browser_session.h"
#include "api/endpoints.h"
#include "auth/api_key_text.h"
#include "auth/api_keys.h"
#include "auth/basic_login.h"
#include "auth/forward_auth.h"
#include "auth/session_cookie.h"
#include "base/encoding.h"
#include "http/error_reply.h"
#include "http/head.h"

namespace authd::api {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ",") + word;
  return text;
}

Result<auth::Caller> by_password(const Context& context, std::string_view encoded) {
  const std::optional<std::string> pair = base64_decode(encoded);
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos || context.request.header_count("authorization") > 1) {
    return Error{
        ErrorCode::malformed, "The Authorization header is malformed.", {}, "invalid_request"};
  }
  return auth::authenticate_password(context.auth(), pair->substr(0, colon),
                                     Password(pair->substr(colon + 1)), context.origin());
}

// The method of the request that the proxy asks about. A proxy that does not say so is asked by
// that method itself, or hides it.
bool asks_for_change(const http::Request& request) {
  const auto method = request.header("x-forwarded-method");
  return method && *method != "GET" && *method != "HEAD" && *method != "OPTIONS";
}

// By the header, else by an API key, else by the cookie; the first that is there, alone.
Result<auth::Caller> caller_of(const Context& context) {
  constexpr std::string_view kBasic = "Basic ";
  const http::Request& request = context.request;
  const auth::Services& s = context.auth();
  if (const auto token = TRY(bearer_token(request))) {
    if (!token->starts_with(auth::kApiKeyPrefix)) {
      return auth::authenticate(s, *token, s.clock.now());
    }
    return auth::authenticate_api_key(s, *token, s.clock.now());
  }
  if (const auto header = request.header("authorization")) {
    if (http::equal_names(header->substr(0, kBasic.size()), kBasic)) {
      return by_password(context, header->substr(kBasic.size()));
    }
  } else if (const auto key = TRY(api_key_header(request))) {
    return auth::authenticate_api_key(s, *key, s.clock.now());
  } else if (auto caller = TRY(cookie_caller(context.api, request, false))) {
    // The application guards its own forms; SameSite has kept the cookie out of this already.
    if (asks_for_change(request) && request.header("sec-fetch-site") == "cross-site") {
      return Error{ErrorCode::forbidden, "Another site may not do this.", {}, "csrf_failed"};
    }
    return std::move(*caller);
  }
  return Error{ErrorCode::unauthenticated,
               "Sign in: by an access token, an API key, a password or the session cookie."};
}

// A rule of the proxy's, ?role=a,b or ?permission=c,d: one of them is enough. Said twice, or empty,
// it is an error: the proxy's author meant something else than what would be checked.
Result<void> check_rule(const Context& context, std::string_view rule,
                        const std::vector<std::string>& held) {
  const auto list = context.request.query(rule);
  if (!list) return {};
  if (context.request.query_count(rule) > 1 || list->empty()) {
    return Error{ErrorCode::malformed,
                 "One ?" + std::string(rule) + "= with a list of names is needed.",
                 std::string(rule)};
  }
  std::string_view rest = *list;
  while (true) {
    const size_t comma = rest.find(',');
    if (std::find(held.begin(), held.end(), rest.substr(0, comma)) != held.end()) return {};
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return Error{ErrorCode::forbidden, "You may not do this here.", {}, "not_allowed"};
}

Result<void> check_rules(const Context& context, const auth::Caller& caller) {
  const http::Request& request = context.request;
  const bool is_key = caller.credential == auth::Credential::api_key;
  const std::string_view wanted =
      request.query("scope").value_or(is_key ? auth::kVerifyScope : auth::kAccountScope);
  if (!caller.claims->has_scope(wanted)) {
    return Error{ErrorCode::forbidden, "The token is not for this.", {}, "insufficient_scope"};
  }
  TRY(check_rule(context, "role", caller.roles));
  return check_rule(context, "permission", caller.permissions);
}

// A person who looks at a page, not a script or a program.
bool is_for_a_page(const http::Request& request) {
  const std::string_view mode = request.header("sec-fetch-mode").value_or("navigate");
  return !asks_for_change(request) && mode == "navigate" &&
         request.header("accept").value_or("").find("text/html") != std::string_view::npos;
}

// 401; with ?redirect=1 a browser is sent to the sign-in page, with ?redirect=location the 401 has
// the address, for proxies that only take 401 (nginx).
http::Reply refuse(const Context& context, const Error& error) {
  const http::Request& request = context.request;
  http::Reply reply = http::error_reply(error, request.request_id);
  if (request.query("basic") == "1") {
    reply.with("WWW-Authenticate", "Basic realm=\"authd\", charset=\"UTF-8\"");
  }
  const auto mode = request.query("redirect");
  // Only a proxy that is trusted knows what was asked for.
  if (!mode || !request.is_from_proxy || !is_for_a_page(request)) return reply;
  if (request.header_count("x-forwarded-uri") != 1) return reply;
  const auto address = auth::sign_in_address(
      context.auth().config, {request.secure, std::string(request.host),
                              std::string(request.header("x-forwarded-uri").value_or(""))});
  if (!address) return reply;
  if (*mode == "1") return http::Reply::text(302, "Sign in.\n").with("Location", *address);
  if (*mode == "location") reply.with("Location", *address);
  return reply;
}

}  // namespace

Result<http::Reply> verify(const Context& context) {
  const Result<auth::Caller> caller = caller_of(context);
  if (!caller) {
    if (caller.error().code == ErrorCode::unauthenticated) return refuse(context, caller.error());
    return caller.error();
  }
  TRY(check_rules(context, *caller));
  const tables::User& user = caller->user;
  http::Reply reply;
  reply.with("X-Auth-User-Id", std::to_string(user.id.value));
  reply.with("X-Auth-User", user.username.empty() ? user.email : user.username);
  reply.with("X-Auth-Email", user.email);
  reply.with("X-Auth-Email-Verified", user.email_verified ? "true" : "false");
  reply.with("X-Auth-Roles", joined(caller->roles));
  return reply;
}

}  // namespace authd::api
