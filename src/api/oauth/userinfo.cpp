// Userinfo (OpenID Connect Core section 5.3).
#include "auth/oauth/tokens/userinfo.h"
#include "api/core/proof.h"
#include "api/oauth/browser_reply.h"
#include "api/oauth/endpoints.h"
#include "api/oauth/error_reply.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/bound_token.h"
#include "base/refusal.h"

namespace authd::api::oauth {
namespace {

// From the header, or from the form (RFC 6750 sections 2.1 and 2.2), but not from the address,
// which logs keep.
Result<std::string> bearer_of(const Context& context) {
  const std::optional<std::string_view> header = TRY(bearer_token(context.request));
  std::string posted;
  const std::string_view type = context.request.header("content-type").value_or("");
  if (context.request.method == http::Method::post && !type.empty()) {
    posted = TRY(form_of(context))["access_token"];
  }
  if (header && !posted.empty()) {
    return Error{ErrorCode::malformed, "The request contains two tokens.", "", "invalid_request"};
  }
  if (header) return std::string(*header);
  if (!posted.empty()) return posted;
  return Error{ErrorCode::unauthenticated, "An access token is needed (Authorization: Bearer …)."};
}

Result<auth::TokenHolder> holder_of(const Context& context) {
  const auth::Services& s = context.auth();
  const std::optional<std::string_view> bound = TRY(dpop_token(context.request));
  if (!bound) return auth::authenticate_bearer(s, TRY(bearer_of(context)), s.clock.now());
  const std::string_view proof = TRY(proof_header(context.request)).value_or("");
  return auth::authenticate_bound(s, *bound, proof_for_here(context, proof), s.clock.now());
}

}  // namespace

Reply show_userinfo(const Context& context) {
  const auth::Services& s = context.auth();
  const Result<auth::TokenHolder> found = holder_of(context);
  if (!found && is_about_proof(context, found.error())) {
    return refuse_token(context, found.error(), &error_reply);
  }
  if (!found) return found.error();
  const auth::TokenHolder& holder = *found;
  const auth::GrantRows* rows = holder.grant();
  if (rows == nullptr || !holder.is_for(auth::own_audience(s))) return auth::invalid_token();
  if (!holder.has_scope(auth::kOpenidScope)) {
    return refused(ErrorCode::forbidden, "insufficient_scope", "The token lacks the scope openid.");
  }
  const bool is_signed = !rows->client.userinfo_algorithm.empty();
  http::Reply reply;
  reply.body = is_signed ? TRY(auth::signed_userinfo(s, *rows, holder.scopes()))
                         : TRY(auth::userinfo_claims(s, *rows, holder.scopes()));
  reply.content_type = is_signed ? "application/jwt" : "application/json";
  return std::move(reply).with("Cache-Control", "no-store");
}

}  // namespace authd::api::oauth
