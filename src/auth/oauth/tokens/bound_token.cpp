#include "auth/oauth/tokens/bound_token.h"

#include "base/refusal.h"

namespace authd::auth {
namespace {

Error refuse(std::string message) {
  Error error = refused(ErrorCode::unauthenticated, "invalid_token", std::move(message));
  error.reason = kBoundToken;
  return error;
}

// The proof is about the token, but maybe of somebody else's key.
Result<void> check_key(const TokenHolder& holder, const Proof& proof, Trace* trace) {
  const bool is_bound = passes(trace, "bound token", holder.is_bound(),
                               "whether the token was issued with a proof of a key");
  if (!is_bound) {
    return refuse("This access token is not bound to a key: send it as Authorization: Bearer.");
  }
  if (passes(trace, "key of the token", proof.jkt == holder.claims().jkt,
             "whether the proof is of the key that the token is bound to")) {
    return {};
  }
  return refuse("The access token is bound to another key than that of the DPoP proof.");
}

}  // namespace

Result<TokenHolder> authenticate_bearer(const Services& s, std::string_view token, Time now,
                                        Trace* trace) {
  Result<TokenHolder> holder = authenticate_client_token(s, token, now, trace);
  if (!holder || !holder->is_bound()) return holder;
  passes(trace, "bound token", false,
         "the token is bound to a key: it comes as Authorization: DPoP, with a proof");
  return refuse(
      "This access token is bound to a key: send it as Authorization: DPoP, with a proof in the "
      "header DPoP (RFC 9449).");
}

Result<TokenHolder> authenticate_bound(const Services& s, std::string_view token,
                                       const SentProof& sent, Time now, Trace* trace) {
  // The token first: a stranger without one causes no work for the signature of a proof.
  TokenHolder holder = TRY(authenticate_client_token(s, token, now, trace));
  const Result<Proof> proof = check_proof(s, sent, token, now);
  if (!passes(trace, "DPoP proof", proof.has_value(),
              [&] { return proof ? std::string("it holds") : proof.error().message; })) {
    return proof.error();
  }
  TRY(check_key(holder, *proof, trace));
  TRY(check_algorithm(holder.client(), *proof));
  if (trace == nullptr) TRY(spend_proof(s, *proof, now));
  return holder;
}

}  // namespace authd::auth
