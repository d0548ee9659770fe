// The proof that a client sends with a request for a token (RFC 9449 section 5), or with an
// authorization request that it pushes (section 10.1).
#pragma once

#include "api/core/proof.h"

namespace authd::api::oauth {

// The proof of this request; none if there is no header. Errors: `malformed`, "invalid_dpop_proof"
// and "use_dpop_nonce".
Result<auth::Proof> client_proof(const Context& context, const auth::Program& program);

// The same for a request whose answer is a token. Further errors: `malformed`,
// "invalid_dpop_proof", when the client has to send one, and does not (section 5.2); and
// "invalid_grant" for what a public client presents and this server has not issued.
Result<auth::Proof> token_proof(const Context& context, const auth::Program& program);

// The refusal, with a nonce if that is what the client needs.
Reply refuse_proof(const Context& context, const Error& error);

}  // namespace authd::api::oauth
