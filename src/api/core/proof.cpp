#include "api/core/proof.h"

#include <algorithm>

#include "auth/oauth/memory/proof_nonce.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/bound_token.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::api {
namespace {

constexpr std::string_view kProof = "dpop";
constexpr std::string_view kChallenge = "WWW-Authenticate";

bool is_of_proof(const Error& error) {
  return error.name == "invalid_dpop_proof" || error.name == "use_dpop_nonce";
}

}  // namespace

Result<std::optional<std::string_view>> proof_header(const http::Request& request) {
  if (request.header_count(kProof) <= 1) return request.header(kProof);
  return refused(ErrorCode::malformed, "invalid_dpop_proof", "The header DPoP is present twice.");
}

auth::SentProof proof_for_here(const Context& context, std::string_view text) {
  const http::Request& request = context.request;
  return {text, http::name(request.method),
          context.auth().config.public_url + std::string(request.path)};
}

bool is_about_proof(const Context& context, const Error& error) {
  if (is_of_proof(error)) return true;
  if (error.code != ErrorCode::unauthenticated) return false;
  const Result<std::optional<std::string_view>> token = dpop_token(context.request);
  return error.reason == auth::kBoundToken || (token && *token);
}

http::Reply refuse_token(const Context& context, const Error& error,
                         http::Reply (*form)(const Error&, std::string_view request_id)) {
  Error shown = error;
  shown.code = ErrorCode::unauthenticated;
  http::Reply reply = form(shown, context.request.request_id);
  std::erase_if(reply.headers, [](const auto& header) { return header.first == kChallenge; });
  reply.with(std::string(kChallenge), "DPoP error=\"" + std::string(error.name) + "\", algs=\"" +
                                          joined(auth::kProofAlgorithms, " ") + "\"");
  add_nonce(context, error, reply);
  return reply;
}

void add_nonce(const Context& context, const Error& error, http::Reply& reply) {
  if (error.name != "use_dpop_nonce") return;
  reply.with("DPoP-Nonce", auth::make_proof_nonce(context.auth()));
}

}  // namespace authd::api
