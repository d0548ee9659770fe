// GET and HEAD /auth/verify, and /auth/ext_authz/…: forward auth. For each request that it might
// pass on, a reverse proxy asks here, with the headers of that request: nginx auth_request, Caddy
// forward_auth, Traefik ForwardAuth, HAProxy and Apache with Lua, Envoy ext_authz
// (packaging/proxies/). The reply's headers carry what the proxy copies to the application.
#include <algorithm>

#include "api/core/browser_session.h"
#include "api/core/forms.h"
#include "api/core/proof.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/identity_headers.h"
#include "api/endpoints/verify_question.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/core/api_key_text.h"
#include "auth/core/caller.h"
#include "auth/core/subject.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/bound_token.h"
#include "auth/oauth/tokens/client_token.h"
#include "auth/sessions/access_token.h"
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
  if (context.auth().is_replica) {
    auth::passes(trace, "password", false, "a replica has no passwords");
    return Error{ErrorCode::unauthenticated,
                 "Passwords are not taken here; sign in with an access token, an API key or the "
                 "session cookie."};
  }
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

// The session cookie, unless another site made the browser send a change.
Result<std::optional<auth::Caller>> by_cookie(const Context& context,
                                              const VerifyQuestion& question, auth::Trace* trace) {
  const http::Request& request = context.request;
  auto person = TRY(cookie_caller(context.api, request, false, trace));
  if (!person) return std::optional<auth::Caller>{};
  // The application protects its own forms; SameSite has normally withheld the cookie already.
  if (asks_for_change(question) && request.header("sec-fetch-site") == "cross-site") {
    auth::passes(trace, "site", false, "another site made the browser send this change");
    return refused(ErrorCode::forbidden, "csrf_failed", "Another site may not do this.");
  }
  return std::optional<auth::Caller>(std::move(*person));
}

// An Authorization header that is not, or not surely, for this server.
Result<auth::Caller> by_other_header(const Context& context, std::string_view header,
                                     auth::Trace* trace) {
  constexpr std::string_view kBasic = "Basic ";
  const auth::Services& s = context.auth();
  if (http::equal_names(header.substr(0, kBasic.size()), kBasic)) {
    auth::passes(trace, "credential", true, "the password of the Authorization header");
    return by_password(context, header.substr(kBasic.size()), trace);
  }
  if (const auto token = TRY(bearer_token(context.request))) {
    auth::passes(trace, "credential", true, "the access token of the Authorization header");
    return auth::authenticate(s, *token, s.clock.now(), trace);
  }
  auth::passes(trace, "credential", false,
               "the Authorization header is neither Bearer nor Basic, and there is no other "
               "credential");
  return Error{ErrorCode::unauthenticated,
               "Sign in with an access token, an API key, a password or the session cookie."};
}

// The first of these that is present: a token or an API key of this server in the Authorization
// header, an API key, the cookie, another Authorization header. The application may have an
// Authorization of its own, which browsers send with every request, so a header that is not ours
// shuts nobody out, and is no failed login beside a good cookie.
Result<auth::Caller> caller_of(const Context& context, const VerifyQuestion& question,
                               auth::Trace* trace) {
  const http::Request& request = context.request;
  const auth::Services& s = context.auth();
  const Time now = s.clock.now();
  const auto takes = [&](const char* what) { auth::passes(trace, "credential", true, what); };
  if (request.header_count("authorization") > 1) {
    auth::passes(trace, "credential", false, "the Authorization header is present twice");
    return refused(ErrorCode::malformed, "invalid_request",
                   "The Authorization header is malformed.");
  }
  const auto header = request.header("authorization");
  const auto token = bearer_token(request);
  if (token && *token && (*token)->starts_with(auth::kApiKeyPrefix)) {
    takes("the API key of the Authorization header");
    return auth::authenticate_api_key(s, **token, now, trace);
  }
  const bool is_alone = !request.header("cookie") && !request.header("x-api-key");
  if (token && *token && (is_alone || auth::names_this_issuer(s, **token))) {
    takes("the access token of the Authorization header");
    return auth::authenticate(s, **token, now, trace);
  }
  if (const auto key = TRY(api_key_header(request))) {
    takes("the API key of the X-API-Key header");
    return auth::authenticate_api_key(s, *key, now, trace);
  }
  const size_t steps_before = trace == nullptr ? 0 : trace->steps.size();
  Result<std::optional<auth::Caller>> kept = by_cookie(context, question, trace);
  if (kept && *kept) return std::move(**kept);
  if (!kept && (!header || kept.error().code != ErrorCode::unauthenticated)) return kept.error();
  if (header) {
    // Not a failed step: the decision goes on.
    if (trace != nullptr && !kept) {
      const std::string why = trace->steps.back().detail;
      trace->steps.resize(steps_before);
      auth::passes(trace, "the session cookie", true, "ignored: " + why);
    }
    return by_other_header(context, *header, trace);
  }
  auth::passes(trace, "credential", false, [&]() -> std::string {
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
  const bool is_held =
      auth::passes(trace, "rule " + std::string(rule) + "=", question.allows(rule, held), [&] {
        return "one of " + std::string(*list) + " is needed; there is " +
               (held.empty() ? "none" : joined(held, ","));
      });
  if (is_held) return {};
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
  if (question.rule("basic") == "1" && !context.auth().is_replica) {
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

// What a browser asks before a script of another origin may send something (the Fetch standard,
// "CORS-preflight fetch"): it never carries a credential, so the application has to answer it.
bool is_preflight(const http::Request& request, const VerifyQuestion& question) {
  return request.is_from_proxy && question.rule("preflight") == "1" &&
         question.method == "OPTIONS" && request.header("origin") &&
         request.header("access-control-request-method");
}

// The proof for the request that the proxy asks about. Only a trusted proxy can say what that was.
Result<auth::SentProof> proof_of_original(const Context& context, const VerifyQuestion& question) {
  const http::Request& request = context.request;
  const std::string_view text = TRY(proof_header(request)).value_or("");
  if (request.is_from_proxy && !question.method.empty() && !question.uri.empty()) {
    return auth::SentProof{text, question.method,
                           (request.secure ? "https://" : "http://") + std::string(question.host) +
                               std::string(question.uri)};
  }
  return refused(
      ErrorCode::unauthenticated, "invalid_dpop_proof",
      "This server does not know which request the DPoP proof has to be about: the proxy "
      "must be in server.trusted_proxies, and send X-Forwarded-Method and "
      "X-Forwarded-Uri.");
}

// The access token of an application that is bound to a key.
Result<auth::TokenHolder> bound_token_of(const Context& context, const VerifyQuestion& question,
                                         std::string_view token, auth::Trace* trace) {
  const auth::Services& s = context.auth();
  auth::passes(trace, "credential", true, "the access token of an application, with a proof");
  const Result<auth::SentProof> proof = proof_of_original(context, question);
  if (!proof) {
    auth::passes(trace, "original request", false, proof.error().message);
    return proof.error();
  }
  return auth::authenticate_bound(s, token, *proof, s.clock.now(), trace);
}

// An application's access token, which counts only where a rule of the proxy says for which client
// or audience.
Result<std::optional<auth::TokenHolder>> client_token_of(const Context& context,
                                                         const VerifyQuestion& question,
                                                         auth::Trace* trace) {
  using Holder = std::optional<auth::TokenHolder>;
  if (!question.rule("client") && !question.rule("aud")) return Holder();
  const auto token = bearer_token(context.request);
  if (token && !*token) {
    const auto bound = TRY(dpop_token(context.request));
    if (!bound) return Holder();
    auth::TokenHolder holder = TRY(bound_token_of(context, question, *bound, trace));
    return Holder(std::move(holder));
  }
  if (!token || auth::client_named_in(**token).empty()) return Holder();
  const auth::Services& s = context.auth();
  auth::passes(trace, "credential", true, "the access token of an application");
  auth::TokenHolder holder = TRY(auth::authenticate_bearer(s, **token, s.clock.now(), trace));
  return Holder(std::move(holder));
}

Result<void> check_client_token(const VerifyQuestion& question, const auth::TokenHolder& holder,
                                const std::vector<std::string>& roles, auth::Trace* trace) {
  TRY(check_rule(question, "client", {holder.client().id}, trace));
  TRY(check_rule(question, "aud", holder.audience(), trace));
  const auto scope = question.rule("scope");
  if (scope &&
      !auth::passes(trace, "scope", holder.has_scope(*scope), joined(holder.scopes(), " "))) {
    return refused(ErrorCode::forbidden, "insufficient_scope",
                   "The token does not have the scope that this needs.");
  }
  TRY(check_rule(question, "role", roles, trace));
  return check_rule(question, "permission", {}, trace);
}

// Whom the application behind the proxy sees.
http::Reply identity_of(const tables::User& user, const std::vector<std::string>& roles) {
  http::Reply reply;
  reply.with("X-Auth-User-Id", std::to_string(user.id.value));
  reply.with("X-Auth-Subject", auth::subject_of(user));
  // Applications take these for names that belong to the person. So they get no address that nobody
  // has confirmed. No username has a colon.
  reply.with("X-Auth-User",
             user.username.empty() ? "id:" + std::to_string(user.id.value) : user.username);
  reply.with("X-Auth-Email", user.email_verified ? user.email : "");
  reply.with("X-Auth-Email-Verified", user.email_verified ? "true" : "false");
  reply.with("X-Auth-Roles", joined(roles, ","));
  return reply;
}

// A person as far as the token's scopes tell about them (as at userinfo), or a program. Roles have
// their own names here: those of Client::group_names are for the application alone, and decide
// nothing.
Result<http::Reply> answer_client_token(const VerifyQuestion& question,
                                        const auth::TokenHolder& holder, auth::Trace* trace) {
  const auth::GrantRows* rows = holder.grant();
  std::vector<std::string> roles;
  if (rows != nullptr && holder.has_scope(auth::kGroupsScope)) {
    roles = auth::visible_roles(rows->client, rows->roles);
  }
  TRY(check_client_token(question, holder, roles, trace));
  const bool has_name = rows != nullptr && holder.has_scope(auth::kProfileScope);
  const bool has_email =
      rows != nullptr && holder.has_scope(auth::kEmailScope) && rows->user.email_verified;
  http::Reply reply;
  return std::move(reply)
      .with("X-Auth-User-Id", "")  // which is this server's own
      .with("X-Auth-Subject", rows != nullptr ? holder.claims().subject : "")
      .with("X-Auth-User", rows == nullptr ? "client:" + holder.client().id
                           : has_name      ? rows->user.username
                                           : "")
      .with("X-Auth-Email", has_email ? rows->user.email : "")
      .with("X-Auth-Email-Verified", has_email ? "true" : "false")
      .with("X-Auth-Roles", joined(roles, ","))
      .with("X-Auth-Client", holder.client().id);
}

Result<http::Reply> answer(const Context& context, const VerifyQuestion& question,
                           auth::Trace* trace) {
  // Checked first, so that no proxy passes on such a request, whoever sent it.
  if (const Result<void> honest = refuse_forged_identity(context.request); !honest) {
    auth::passes(trace, "headers", false, honest.error().message);
    return honest.error();
  }
  if (is_preflight(context.request, question)) {
    auth::passes(trace, "preflight", true, "passed on, as nobody's");
    // Empty, and not absent: for an absent one Caddy writes the name of its variable.
    http::Reply reply;
    for (const char* name : {"X-Auth-User-Id", "X-Auth-Subject", "X-Auth-User", "X-Auth-Email",
                             "X-Auth-Email-Verified", "X-Auth-Roles"})
      reply.with(name, "");
    return reply;
  }
  const Result<std::optional<auth::TokenHolder>> holder = client_token_of(context, question, trace);
  if (holder && *holder) return answer_client_token(question, **holder, trace);
  if (!holder && is_about_proof(context, holder.error())) {
    return refuse_token(context, holder.error(), &http::error_reply);
  }
  if (!holder && holder.error().code != ErrorCode::unauthenticated) return holder.error();
  if (!holder) return refuse(context, question, holder.error(), trace);
  const Result<auth::Caller> caller = caller_of(context, question, trace);
  if (!caller) {
    if (caller.error().code != ErrorCode::unauthenticated) return caller.error();
    return refuse(context, question, caller.error(), trace);
  }
  const bool is_key = std::holds_alternative<auth::KeyHolder>(*caller);
  const auth::UserCaller* known = auth::user_behind(*caller);
  if (known == nullptr) return auth::invalid_token();  // The application needs a user.
  TRY(check_rules(question, *known, is_key ? auth::kVerifyScope : auth::kAccountScope, trace));
  return identity_of(known->user(), known->roles());
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
