// GET and HEAD /auth/verify, and /auth/ext_authz/…: forward auth. A reverse proxy asks here about
// each request that it is to pass on, with the headers of that request: nginx auth_request, Caddy
// forward_auth, Traefik ForwardAuth, HAProxy and Apache by Lua, Envoy ext_authz
// (packaging/proxies/). What they copy to the application is in headers.
#include <algorithm>

#include "api/browser_session.h"
#include "api/endpoints.h"
#include "api/verify_question.h"
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

// What a proxy does not say the method of is taken for a look.
bool asks_for_change(const VerifyQuestion& question) {
  const std::string_view method = question.method;
  return !method.empty() && method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// By the header, else by an API key, else by the cookie; the first that is there, alone.
Result<auth::Caller> caller_of(const Context& context, const VerifyQuestion& question) {
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
    if (asks_for_change(question) && request.header("sec-fetch-site") == "cross-site") {
      return Error{ErrorCode::forbidden, "Another site may not do this.", {}, "csrf_failed"};
    }
    return std::move(*caller);
  }
  return Error{ErrorCode::unauthenticated,
               "Sign in: by an access token, an API key, a password or the session cookie."};
}

// A rule of the proxy's, role=a,b or permission=c,d: one of them is enough.
Result<void> check_rule(std::optional<std::string_view> list,
                        const std::vector<std::string>& held) {
  if (!list) return {};
  std::string_view rest = *list;
  while (true) {
    const size_t comma = rest.find(',');
    if (std::find(held.begin(), held.end(), rest.substr(0, comma)) != held.end()) return {};
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return Error{ErrorCode::forbidden, "You may not do this here.", {}, "not_allowed"};
}

Result<void> check_rules(const VerifyQuestion& question, const auth::Caller& caller) {
  const bool is_key = caller.credential == auth::Credential::api_key;
  const std::string_view wanted =
      question.rule("scope").value_or(is_key ? auth::kVerifyScope : auth::kAccountScope);
  if (!caller.claims->has_scope(wanted)) {
    return Error{ErrorCode::forbidden, "The token is not for this.", {}, "insufficient_scope"};
  }
  TRY(check_rule(question.rule("role"), caller.roles));
  return check_rule(question.rule("permission"), caller.permissions);
}

// A person who looks at a page, not a script or a program.
bool is_for_a_page(const http::Request& request, const VerifyQuestion& question) {
  const std::string_view mode = request.header("sec-fetch-mode").value_or("navigate");
  return !asks_for_change(question) && mode == "navigate" &&
         request.header("accept").value_or("").find("text/html") != std::string_view::npos;
}

// 401; with redirect=1 a browser is sent to the sign-in page, with redirect=location the 401 has
// the address, for proxies that only take 401 (nginx).
http::Reply refuse(const Context& context, const VerifyQuestion& question, const Error& error) {
  const http::Request& request = context.request;
  http::Reply reply = http::error_reply(error, request.request_id);
  if (question.rule("basic") == "1") {
    reply.with("WWW-Authenticate", "Basic realm=\"authd\", charset=\"UTF-8\"");
  }
  const auto mode = question.rule("redirect");
  // Only a proxy that is trusted knows what was asked for.
  if (!mode || !request.is_from_proxy || !is_for_a_page(request, question)) return reply;
  const auto address = auth::sign_in_address(
      context.auth().config,
      {request.secure, std::string(question.host), std::string(question.uri)});
  if (!address) return reply;
  if (*mode == "1") return http::Reply::text(302, "Sign in.\n").with("Location", *address);
  if (*mode == "location") reply.with("Location", *address);
  return reply;
}

Result<http::Reply> answer(const Context& context, const VerifyQuestion& question) {
  const Result<auth::Caller> caller = caller_of(context, question);
  if (!caller) {
    if (caller.error().code != ErrorCode::unauthenticated) return caller.error();
    return refuse(context, question, caller.error());
  }
  TRY(check_rules(question, *caller));
  const tables::User& user = caller->user;
  http::Reply reply;
  reply.with("X-Auth-User-Id", std::to_string(user.id.value));
  reply.with("X-Auth-User", user.username.empty() ? user.email : user.username);
  reply.with("X-Auth-Email", user.email);
  reply.with("X-Auth-Email-Verified", user.email_verified ? "true" : "false");
  reply.with("X-Auth-Roles", joined(caller->roles));
  return reply;
}

}  // namespace

Result<http::Reply> verify(const Context& context) {
  return answer(context, TRY(question_by_query(context.request)));
}

Result<http::Reply> verify_by_path(const Context& context) {
  return answer(context, TRY(question_by_path(context.request)));
}

}  // namespace authd::api
