#include "api/oauth/client_proof.h"

#include "api/oauth/error_reply.h"
#include "auth/oauth/proofs/presented_grant.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "base/refusal.h"

namespace authd::api::oauth {

Result<auth::Proof> client_proof(const Context& context, const auth::Program& program) {
  const std::optional<std::string_view> text = TRY(proof_header(context.request));
  if (!text) return auth::Proof();
  const auth::Services& s = context.auth();
  auth::Proof proof = TRY(auth::check_proof(s, proof_for_here(context, *text), "", s.clock.now()));
  TRY(auth::check_algorithm(program.client(), proof));
  return proof;
}

Result<auth::Proof> token_proof(const Context& context, const auth::Program& program) {
  if (program.client().is_public && TRY(proof_header(context.request))) {
    switch (TRY(auth::look_at_grant(context.auth(), program, *context.program_form))) {
      case auth::Presented::nothing: return auth::Proof();  // Nothing will be issued.
      case auth::Presented::unknown: return auth::invalid_grant();
      case auth::Presented::known: break;
    }
  }
  auth::Proof proof = TRY(client_proof(context, program));
  if (proof.is_there() || !auth::needs_dpop(program.client())) return proof;
  return refused(ErrorCode::malformed, "invalid_dpop_proof",
                 "The tokens of this client are bound to a key: send a proof of that key in the "
                 "header DPoP (RFC 9449).");
}

Reply refuse_proof(const Context& context, const Error& error) {
  if (error.name != "use_dpop_nonce") return error;
  http::Reply reply = error_reply(error, context.request.request_id);
  add_nonce(context, error, reply);
  return reply;
}

}  // namespace authd::api::oauth
