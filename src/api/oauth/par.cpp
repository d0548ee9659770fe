// The endpoint for pushed authorization requests (RFC 9126).
#include "api/oauth/client_proof.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/requests/pushed_request.h"

namespace authd::api::oauth {

// POST /oauth2/par {client_id, redirect_uri, scope, …} → 201 {request_uri, expires_in}
Reply push_request(const Context& context, const auth::Program& program) {
  const Result<auth::Proof> proof = client_proof(context, program);
  if (!proof) return refuse_proof(context, proof.error());
  const auth::PushedReference made = TRY(
      auth::push_request(context.auth(), program, *context.program_form, *proof, context.origin()));
  JsonWriter json;
  json.begin_object()
      .field("request_uri", made.request_uri)
      .field("expires_in", made.expires_in.count())
      .end_object();
  return http::Reply::json(201, std::move(json));
}

}  // namespace authd::api::oauth
