// GET and HEAD /auth/verify, and /auth/ext_authz/…: forward auth. For each request that it might
// pass on, a reverse proxy asks here, with the headers of that request: nginx auth_request, Caddy
// forward_auth, Traefik ForwardAuth, HAProxy and Apache with Lua, Envoy ext_authz
// (packaging/proxies/). The reply's headers carry what the proxy copies to the application.
#include <algorithm>

#include "api/core/browser_session.h"
#include "api/core/forms.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/identity_headers.h"
#include "api/endpoints/verify_question.h"
#include "auth/accounts/api_keys.h"
#include "auth/core/api_key_text.h"
#include "auth/core/caller.h"
#include "auth/sessions/session_cookie.h"
#include "auth/signin/basic_login.h"
#include "auth/signin/forward_auth.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"
#include "http/app/error_reply.h"
#include "http/wire/head.h"

namespace authd::api {
namespace {

Result<auth::PasswordHolder> by_password(const Context& context, std::string_view encoded,
                                         auth::Trace* trace) {
  const std::optional<std::string> pair = base64_decode(encoded);
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos || context.request.header_count("authorization") > 1) {
    return refused(ErrorCode::malformed, "invalid_request",
                   "The Authorization header is malformed.");
  }
  return auth::authenticate_password(context.auth(), pair->substr(0, colon),
                                     Password(pair->substr(colon + 1)), context.origin(), trace);
}

// If the proxy does not send the method, the request counts as reading.
bool asks_for_change(const VerifyQuestion& question) {
  const std::string_view method = question.method;
  return !method.empty() && method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// The Authorization header, an API key, or the cookie: only the first that is present is used.
Result<auth::Caller> caller_of(const Context& context, const VerifyQuestion& question,
                               auth::Trace* trace) {
  constexpr std::string_view kBasic = "Basic ";
  const http::Request& request = context.request;
  const auth::Services& s = context.auth();
  const Time now = s.clock.now();
  const auto takes = [&](const char* what) { auth::passes(trace, "credential", true, what); };
  if (const auto token = TRY(bearer_token(request))) {
    if (!token->starts_with(auth::kApiKeyPrefix)) {
      takes("the access token of the Authorization header");
      return auth::authenticate(s, *token, now, trace);
    }
    takes("the API key of the Authorization header");
    return auth::authenticate_api_key(s, *token, now, trace);
  }
  if (const auto header = request.header("authorization")) {
    if (http::equal_names(header->substr(0, kBasic.size()), kBasic)) {
      takes("the password of the Authorization header");
      return by_password(context, header->substr(kBasic.size()), trace);
    }
  } else if (const auto key = TRY(api_key_header(request))) {
    takes("the API key of the X-API-Key header");
    return auth::authenticate_api_key(s, *key, now, trace);
  } else if (auto person = TRY(cookie_caller(context.api, request, false, trace))) {
    // The application protects its own forms; SameSite has normally withheld the cookie already.
    if (asks_for_change(question) && request.header("sec-fetch-site") == "cross-site") {
      auth::passes(trace, "site", false, "another site made the browser send this change");
      return refused(ErrorCode::forbidden, "csrf_failed", "Another site may not do this.");
    }
    return std::move(*person);
  }
  auth::passes(trace, "credential", false, [&]() -> std::string {
    if (request.header("authorization")) {
      return "the Authorization header is neither Bearer nor Basic, and no other credential is "
             "considered besides it";
    }
    return "none: no Authorization header, no authd_pat_ key in X-API-Key, no cookie " +
           auth::session_cookie_name(s.config);
  });
  return Error{ErrorCode::unauthenticated,
               "Sign in with an access token, an API key, a password or the session cookie."};
}

// A rule of the proxy, role=a,b or permission=c,d: one of the names is enough.
Result<void> check_rule(const VerifyQuestion& question, const char* rule,
                        const std::vector<std::string>& held, auth::Trace* trace) {
  const auto list = question.rule(rule);
  if (!list) return {};
  const auto says = [&](bool is_held) {
    if (trace == nullptr) return;
    auth::passes(trace, "rule " + std::string(rule) + "=", is_held, [&] {
      return "one of " + std::string(*list) + " is needed; the account has " +
             (held.empty() ? "none" : joined(held, ","));
    });
  };
  std::string_view rest = *list;
  while (true) {
    const size_t comma = rest.find(',');
    if (std::find(held.begin(), held.end(), rest.substr(0, comma)) != held.end()) {
      says(true);
      return {};
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  says(false);
  return refused(ErrorCode::forbidden, "not_allowed", "You may not do this here.");
}

// `own_scope` is the scope that the credential needs if the rule names none.
Result<void> check_rules(const VerifyQuestion& question, const auth::UserCaller& caller,
                         std::string_view own_scope, auth::Trace* trace) {
  const std::string_view wanted = question.rule("scope").value_or(own_scope);
  const bool is_in_scope = auth::passes(trace, "scope", caller.has_scope(wanted), [&] {
    return "\"" + std::string(wanted) + "\" is needed; the credential has \"" + caller.scope() +
           "\"";
  });
  if (!is_in_scope) {
    return refused(ErrorCode::forbidden, "insufficient_scope",
                   "The token does not have the scope that this needs.");
  }
  TRY(check_rule(question, "role", caller.roles(), trace));
  return check_rule(question, "permission", caller.permissions(), trace);
}

// A browser that navigates to a page, as opposed to a script or a program.
bool is_for_a_page(const http::Request& request, const VerifyQuestion& question) {
  const std::string_view mode = request.header("sec-fetch-mode").value_or("navigate");
  return !asks_for_change(question) && mode == "navigate" && accepts_html(request);
}

// 401. With redirect=1 a browser is redirected to the sign-in page; with redirect=location the 401
// contains its address, for proxies that only accept a 401 (nginx).
http::Reply refuse(const Context& context, const VerifyQuestion& question, const Error& error,
                   auth::Trace* trace) {
  const http::Request& request = context.request;
  http::Reply reply = http::error_reply(error, request.request_id);
  if (question.rule("basic") == "1") {
    reply.with("WWW-Authenticate", "Basic realm=\"authd\", charset=\"UTF-8\"");
  }
  const auto mode = question.rule("redirect");
  const auto holds = [&](const char* what, bool is_so, const char* otherwise) {
    return auth::passes(trace, what, is_so, is_so ? "yes" : otherwise);
  };
  // Only a trusted proxy can say what the original request was.
  if (!holds("a way to sign in is asked for", mode.has_value(), "no redirect= in the rule") ||
      !holds("the proxy is trusted", request.is_from_proxy,
             "it is not in server.trusted_proxies, so its headers are ignored") ||
      !holds("a browser requests a page", is_for_a_page(request, question),
             "the method is not GET, Accept lacks text/html, or Sec-Fetch-Mode is not navigate")) {
    return reply;
  }
  const auto address = auth::sign_in_address(
      context.auth().config,
      {request.secure, std::string(question.host), std::string(question.uri)}, trace);
  if (!address) return reply;
  if (*mode == "1") return http::Reply::text(302, "Sign in.\n").with("Location", *address);
  if (*mode == "location") reply.with("Location", *address);
  return reply;
}

Result<http::Reply> answer(const Context& context, const VerifyQuestion& question,
                           auth::Trace* trace) {
  // Checked first, so that no proxy passes on such a request, whoever sent it.
  if (const Result<void> honest = refuse_forged_identity(context.request); !honest) {
    auth::passes(trace, "headers", false, honest.error().message);
    return honest.error();
  }
  const Result<auth::Caller> caller = caller_of(context, question, trace);
  if (!caller) {
    if (caller.error().code != ErrorCode::unauthenticated) return caller.error();
    return refuse(context, question, caller.error(), trace);
  }
  const bool is_key = std::holds_alternative<auth::KeyHolder>(*caller);
  const auth::UserCaller* known = auth::user_behind(*caller);
  if (known == nullptr) return auth::invalid_token();  // The application needs a user.
  TRY(check_rules(question, *known, is_key ? auth::kVerifyScope : auth::kAccountScope, trace));
  const tables::User& user = known->user();
  http::Reply reply;
  reply.with("X-Auth-User-Id", std::to_string(user.id.value));
  reply.with("X-Auth-User", user.username.empty() ? user.email : user.username);
  reply.with("X-Auth-Email", user.email);
  reply.with("X-Auth-Email-Verified", user.email_verified ? "true" : "false");
  reply.with("X-Auth-Roles", joined(known->roles(), ","));
  return reply;
}

}  // namespace

Result<http::Reply> verify(const Context& context) {
  return answer(context, TRY(question_by_query(context.request)), nullptr);
}

Result<http::Reply> verify_by_path(const Context& context) {
  return answer(context, TRY(question_by_path(context.request)), nullptr);
}

Result<http::Reply> explain_verify(const Context& context, auth::Trace& trace) {
  return answer(context, TRY(question_by_query(context.request)), &trace);
}

}  // namespace authd::api
