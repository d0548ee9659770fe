// Userinfo (OpenID Connect Core section 5.3).
#include "auth/oauth/userinfo.h"
#include "api/oauth/browser_reply.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/client_token.h"
#include "auth/oauth/parameters.h"
#include "auth/oauth/words.h"
#include "base/refusal.h"

namespace authd::api::oauth {
namespace {

// From the header, or from the form (RFC 6750 sections 2.1 and 2.2), but not from the address,
// which logs keep.
Result<std::string> access_token_of(const Context& context) {
  const std::optional<std::string_view> header = TRY(bearer_token(context.request));
  std::string posted;
  const std::string_view type = context.request.header("content-type").value_or("");
  if (context.request.method == http::Method::post && !type.empty()) {
    posted = TRY(form_of(context))["access_token"];
  }
  if (header && !posted.empty()) {
    return Error{ErrorCode::malformed, "The request brings two tokens.", "", "invalid_request"};
  }
  if (header) return std::string(*header);
  if (!posted.empty()) return posted;
  return Error{ErrorCode::unauthenticated, "An access token is needed (Authorization: Bearer …)."};
}

}  // namespace

Reply show_userinfo(const Context& context) {
  const auth::Services& s = context.auth();
  const std::string token = TRY(access_token_of(context));
  const auth::TokenHolder holder = TRY(auth::authenticate_client_token(s, token, s.clock.now()));
  const auth::GrantRows* rows = holder.grant();
  if (rows == nullptr || !holder.is_for(auth::own_audience(s))) return auth::invalid_token();
  if (!holder.has_scope(auth::kOpenidScope)) {
    return refused(ErrorCode::forbidden, "insufficient_scope", "The token lacks the scope openid.");
  }
  http::Reply reply;
  reply.body = TRY(auth::userinfo_claims(s, *rows, holder.scopes()));
  reply.content_type = "application/json";
  return std::move(reply).with("Cache-Control", "no-store");
}

}  // namespace authd::api::oauth
