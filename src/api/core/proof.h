// Proofs of possession as requests bring them, and the replies about them (RFC 9449). What a proof
// has to say is decided in auth/oauth/proofs/dpop.h.
#pragma once

#include <optional>
#include <string_view>

#include "api/core/context.h"
#include "auth/oauth/proofs/dpop.h"

namespace authd::api {

// The header DPoP; nullopt without one. Error: `malformed`, "invalid_dpop_proof", when it occurs
// more than once (section 4.3 item 1).
Result<std::optional<std::string_view>> proof_header(const http::Request& request);

// A proof that has to be about this request to this server.
auth::SentProof proof_for_here(const Context& context, std::string_view text);

// Whether the refusal of a token is one that a client answers with a proof, or with another one.
bool is_about_proof(const Context& context, const Error& error);

// Such a refusal by a resource (section 7.1): 401 with a challenge for DPoP, and with a nonce if
// the next proof needs one (section 9). `form` makes the reply to an Error in the dialect of the
// route.
http::Reply refuse_token(const Context& context, const Error& error,
                         http::Reply (*form)(const Error&, std::string_view request_id));

// Adds the nonce that the next proof needs, if the error says that it does.
void add_nonce(const Context& context, const Error& error, http::Reply& reply);

}  // namespace authd::api
