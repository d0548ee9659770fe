// The token endpoint (RFC 6749 section 3.2).
#include "api/oauth/browser_reply.h"
#include "api/oauth/client_proof.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/device_authorization.h"
#include "auth/oauth/tokens/code_exchange.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/oauth/tokens/token_exchange.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::api::oauth {
namespace {

Error missing(std::string_view parameter) {
  return Error{ErrorCode::malformed, "\"" + std::string(parameter) + "\" is missing.",
               std::string(parameter), "invalid_request"};
}

Result<auth::IssuedTokens> issue_for(const Context& context, const auth::Program& program,
                                     const auth::Parameters& form, const auth::Proof& proof) {
  const auth::Services& s = context.auth();
  const std::string& type = form["grant_type"];
  const auth::Narrowing narrowing{form.resources(), form["scope"], proof};
  if (type == auth::kCodeGrant) {
    if (!form.has("code")) return missing("code");
    return auth::exchange_code(
        s, program, {form["code"], form["redirect_uri"], form["code_verifier"], narrowing},
        context.origin());
  }
  if (type == auth::kRefreshGrant) {
    if (!form.has("refresh_token")) return missing("refresh_token");
    return auth::refresh_grant(s, program, RefreshToken(std::string(form["refresh_token"])),
                               narrowing, context.origin());
  }
  if (type == auth::kClientGrant) {
    return auth::issue_to_client(s, program, narrowing.resources, narrowing.scope, proof);
  }
  if (type == auth::kDeviceGrant) {
    if (!form.has("device_code")) return missing("device_code");
    return auth::exchange_device_code(s, program, form["device_code"], narrowing, context.origin());
  }
  if (type == auth::kExchangeGrant) {
    if (!form.has("subject_token")) return missing("subject_token");
    return auth::exchange_token(
        s, program,
        {form["subject_token"], form["subject_token_type"], form["requested_token_type"],
         form["audience"], form["actor_token"], narrowing});
  }
  if (type.empty()) return missing("grant_type");
  return refused(ErrorCode::malformed, "unsupported_grant_type",
                 type == "password"
                     ? "The password grant is not supported: the application would see the "
                       "person's password (RFC 9700 section 2.4). Use authorization_code."
                     : "\"grant_type\" must be " + joined(auth::kGrantTypes, ", ") + ".");
}

}  // namespace

// POST /oauth2/token → {access_token, token_type, expires_in, issued_token_type?, refresh_token?,
// id_token?, scope}
Reply issue(const Context& context, const auth::Program& program) {
  const Result<auth::Proof> proof = token_proof(context, program);
  if (!proof) return refuse_proof(context, proof.error());
  const auth::IssuedTokens issued = TRY(issue_for(context, program, *context.program_form, *proof));
  JsonWriter json;
  json.begin_object()
      .field("access_token", issued.access.reveal())
      .field("token_type", issued.token_type)
      .field("expires_in", issued.expires_in.count());
  if (!issued.issued_token_type.empty()) json.field("issued_token_type", issued.issued_token_type);
  if (!issued.refresh.empty()) json.field("refresh_token", issued.refresh.reveal());
  if (!issued.id_token.empty()) json.field("id_token", issued.id_token);
  json.field("scope", joined(issued.scopes, " ")).end_object();
  return http::Reply::json(200, std::move(json)).with("Pragma", "no-cache");
}

void count_token_answer(const auth::Services& s, const auth::Parameters* form,
                        const http::Reply& reply) {
  s.oauth.outcomes.count_token_answer(form == nullptr ? "" : (*form)["grant_type"], reply.refusal);
}

}  // namespace authd::api::oauth
