#include "auth/oauth/tokens/bound_token.h"

#include "base/refusal.h"

namespace authd::auth {
namespace {

Error refuse(std::string message) {
  Error error = refused(ErrorCode::unauthenticated, "invalid_token", std::move(message));
  error.reason = kBoundToken;
  return error;
}

// The proof covers the token, but may be made with somebody else's key.
Result<void> check_key(const TokenHolder& holder, const Proof& proof, Trace* trace) {
  if (!passes(
          trace, "bound token", holder.is_bound(),
          holder.is_bound() ? "issued with a proof of a key" : "issued without a proof of a key")) {
    return refuse("This access token is not bound to a key: send it as Authorization: Bearer.");
  }
  const bool is_its_key = proof.jkt == holder.claims().jkt;
  if (passes(trace, "key of the token", is_its_key,
             is_its_key ? "the proof is of the key that the token is bound to"
                        : "the proof is of a key that the token is not bound to")) {
    return {};
  }
  return refuse("The access token is not bound to the key of the DPoP proof.");
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
