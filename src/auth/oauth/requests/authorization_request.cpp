#include "auth/oauth/requests/authorization_request.h"

#include <algorithm>

#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/proofs/dpop.h"
#include "auth/oauth/proofs/request_object.h"
#include "auth/oauth/protocol/error_description.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/strangers/document_clients.h"
#include "auth/oauth/tokens/id_token_hint.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr size_t kChallengeText = 43;  // base64url of a SHA-256
constexpr size_t kMaxNonce = 1000;

Error refuse(std::string_view name, std::string message) {
  return refused(ErrorCode::malformed, name, std::move(message));
}

Result<void> check_response(const Parameters& sent, AuthorizationRequest& request) {
  const std::string& mode = sent["response_mode"];
  const std::string& type = sent["response_type"];
  if (type.empty()) return refuse("invalid_request", "\"response_type\" is missing; use \"code\".");
  if (type != "code") {
    return refuse(
        "unsupported_response_type",
        "Only response_type=code is supported: the implicit and the hybrid flow put tokens "
        "into addresses (RFC 9700 section 2.1.2). Choose the code flow in the application.");
  }
  if (!mode.empty() && !contains(kResponseModes, mode)) {
    return refuse("invalid_request", "\"response_mode\" must be query or form_post.");
  }
  if (!has_grant_type(request.client, kCodeGrant)) {
    return refuse(
        "unauthorized_client",
        "This client may not sign people in: it lacks the grant type authorization_code.");
  }
  return {};
}

Result<void> check_unsupported(const Parameters& sent) {
  if (sent.has("request_uri")) {
    return refuse("request_uri_not_supported", "\"request_uri\" is not supported.");
  }
  if (sent.has("registration")) {
    return refuse("registration_not_supported", "\"registration\" is not supported.");
  }
  return {};
}

Result<void> read_pkce(const Parameters& sent, AuthorizationRequest& request) {
  const std::string& challenge = sent["code_challenge"];
  const std::string& method = sent["code_challenge_method"];
  if (challenge.empty()) {
    if (!method.empty()) {
      return refuse("invalid_request",
                    "\"code_challenge_method\" is sent without \"code_challenge\".");
    }
    if (request.client.pkce_optional) return {};
    return refuse("invalid_request",
                  "This client must use PKCE: send \"code_challenge\" with S256 (RFC 7636). If the "
                  "application cannot, its administrator can set pkce=optional.");
  }
  if (method != "S256") {
    return refuse("invalid_request",
                  "\"code_challenge_method\" must be S256; \"plain\" protects nothing.");
  }
  const auto bytes = base64url_decode(challenge);
  if (challenge.size() != kChallengeText || !bytes) {
    return refuse("invalid_request", "\"code_challenge\" must be 43 characters of base64url.");
  }
  request.code_challenge = challenge;
  return {};
}

// RFC 9449 section 10.
Result<void> read_dpop_key(const Parameters& sent, AuthorizationRequest& request) {
  request.dpop_jkt = sent["dpop_jkt"];
  if (request.dpop_jkt.empty() || is_thumbprint(request.dpop_jkt)) return {};
  return refuse("invalid_request",
                "\"dpop_jkt\" must be the thumbprint of a key: 43 characters of base64url.");
}

Result<void> read_prompts(const Parameters& sent, AuthorizationRequest& request) {
  request.prompts = words_in(sent["prompt"]);
  for (const std::string& prompt : request.prompts) {
    if (!contains(kPrompts, prompt)) {
      return refuse("invalid_request",
                    "\"prompt\" must be one or more of " + joined(kPrompts, ", ") + ".");
    }
  }
  if (request.has_prompt(kPromptNone) && request.prompts.size() > 1) {
    return refuse("invalid_request", "prompt=none must be the only value of \"prompt\".");
  }
  return {};
}

// What the client is registered with.
std::optional<Seconds> max_age_of(const tables::Client& client) {
  if (client.max_age_ms == 0) return std::nullopt;
  return std::chrono::floor<Seconds>(Milliseconds(static_cast<int64_t>(client.max_age_ms)));
}

Result<void> read_max_age(const Parameters& sent, AuthorizationRequest& request) {
  request.max_age = max_age_of(request.client);
  if (!sent.has("max_age")) return {};
  const std::optional<uint32_t> seconds = parse_unsigned<uint32_t>(sent["max_age"]);
  if (!seconds) return refuse("invalid_request", "\"max_age\" must be a number of seconds.");
  const Seconds asked(*seconds);
  request.max_age = request.max_age ? std::min(*request.max_age, asked) : asked;
  return {};
}

// What the client may not have is left out (RFC 6749 section 3.3); the answer tells what it got.
Result<void> read_scopes(const Services& s, const Parameters& sent, AuthorizationRequest& request) {
  const std::vector<std::string> allowed =
      allowed_scopes_at(s.config, request.client, request.resource_rows);
  const std::vector<std::string> wanted = words_in(sent["scope"]);
  for (const std::string& scope : wanted) {
    const bool is_useless =
        scope == kOfflineScope && !has_grant_type(request.client, kRefreshGrant);
    if (contains(allowed, scope) && !is_useless) request.scopes.push_back(scope);
  }
  if (!request.scopes.empty() || !request.resources.empty()) return {};
  if (wanted.empty()) {
    return refuse("invalid_scope", "\"scope\" is missing; use at least \"openid\".");
  }
  return refuse("invalid_scope", "This client may not ask for any of these scopes.");
}

Result<void> read_resources(const Services& s, const Parameters& sent,
                            AuthorizationRequest& request) {
  request.resources = sent.resources();
  request.resource_rows = TRY(s.store.read(
      [&](store::ReadTxn& tx) { return resources_for(tx, request.client, request.resources); }));
  return {};
}

Result<void> read_claims(const Services& s, const Parameters& sent, AuthorizationRequest& request) {
  request.claims = sent["claims"];
  request.asked = TRY(parse_asked_claims(request.claims));
  std::vector<std::string> names = request.asked.userinfo;
  names.insert(names.end(), request.asked.id_token.begin(), request.asked.id_token.end());
  // A claim is granted with its scope, if the client may have it.
  const std::vector<std::string> allowed = allowed_scopes(request.client);
  for (std::string& scope : scopes_of_claims(s.config, names)) {
    if (contains(allowed, scope) && !contains(request.claim_scopes, scope)) {
      request.claim_scopes.push_back(std::move(scope));
    }
  }
  return {};
}

Result<void> read_hints(const Services& s, const Parameters& sent, AuthorizationRequest& request) {
  request.login_hint = sent["login_hint"];
  request.ui_locales = sent["ui_locales"];
  if (!sent.has("id_token_hint")) return {};
  const std::optional<IdTokenHint> hint = TRY(read_id_token_hint(s, sent["id_token_hint"]));
  // One that this server no longer knows says nothing, as its key may be gone.
  if (!hint) return {};
  if (hint->client_id != request.client.id) {
    return refuse("invalid_request", "\"id_token_hint\" is not an ID token of this client.");
  }
  request.hinted_subject = hint->subject;
  return {};
}

Result<void> check_arrival(const AuthorizationRequest& request, Arrival arrival) {
  if (arrival != Arrival::direct || !needs_pushed_request(request.client)) return {};
  return refuse("invalid_request",
                "This client must push its authorization requests (RFC 9126): send them to "
                "/oauth2/par, and the browser here with the request_uri.");
}

Result<void> read_rest(const Services& s, const Parameters& sent, Arrival arrival,
                       AuthorizationRequest& request) {
  TRY(check_arrival(request, arrival));
  TRY(check_unsupported(sent));
  TRY(check_response(sent, request));
  TRY(read_pkce(sent, request));
  TRY(read_dpop_key(sent, request));
  TRY(read_prompts(sent, request));
  TRY(read_max_age(sent, request));
  TRY(read_resources(s, sent, request));
  TRY(read_scopes(s, sent, request));
  TRY(read_claims(s, sent, request));
  TRY(read_hints(s, sent, request));
  request.nonce = sent["nonce"];
  if (request.nonce.size() > kMaxNonce) {
    return refuse("invalid_request", "\"nonce\" has more than 1000 bytes.");
  }
  request.acr_values = words_in(sent["acr_values"]);
  return {};
}

// The address of the answer. Errors: those that a page tells.
Result<void> read_redirect_uri(const Parameters& sent, AuthorizationRequest& request) {
  const std::vector<std::string>& registered = request.client.redirect_uris;
  request.redirect_uri = sent["redirect_uri"];
  request.named_redirect_uri = !request.redirect_uri.empty();
  const bool may_lack_it = registered.size() == 1 && !must_name_redirect_uri(request.client);
  if (!request.named_redirect_uri && may_lack_it) {
    request.redirect_uri = registered.front();
    return {};
  }
  if (!request.named_redirect_uri) {
    return Error{.code = ErrorCode::malformed,
                 .message = "The application did not say where to send you back.",
                 .field = "redirect_uri",
                 .name = "invalid_request",
                 .reason = "no_address"};
  }
  if (matches_redirect_uri(registered, request.redirect_uri)) return {};
  return Error{.code = ErrorCode::malformed,
               .message =
                   "The application wants to send you to an address that is not registered "
                   "for it.",
               .field = "redirect_uri",
               .name = "invalid_request",
               .reason = "unknown_address"};
}

bool is_fault(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::busy;
}

Result<ReadRequest> refused_or_fault(ReadRequest& read) {
  if (read.refusal && is_fault(read.refusal->error)) return read.refusal->error;
  return std::move(read);
}

}  // namespace

bool AuthorizationRequest::has_prompt(std::string_view prompt) const {
  return contains(prompts, prompt);
}

Result<ReadRequest> read_authorization_request(const Services& s, const Parameters& sent,
                                               Arrival arrival, std::optional<Time> asked_at) {
  ReadRequest read;
  AuthorizationRequest& request = read.request;
  // The client itself is here while it pushes, and a person in every other case.
  const bool is_pushing = arrival != Arrival::direct && !asked_at;
  const Result<std::optional<tables::Client>> found_client =
      client_of_request(s, sent["client_id"], asked_at.value_or(s.clock.now()),
                        is_pushing ? DocumentAsker::program : DocumentAsker::person);
  if (!found_client && is_fault(found_client.error())) return found_client.error();
  if (!found_client) {  // what is at the address that is its id
    read.refusal = {found_client.error(), false};
    return read;
  }
  const std::optional<tables::Client>& client = *found_client;
  if (!client || client->disabled) {
    read.refusal = {Error{ErrorCode::malformed, "This application is not registered here.",
                          "client_id", "invalid_client"},
                    false};
    return read;
  }
  request.client = *client;
  const Result<Parameters> signed_ones =
      arrival == Arrival::pushed_signed
          ? Result<Parameters>(sent)
          : signed_parameters(s, *client, sent, asked_at.value_or(s.clock.now()));
  // Where a refusal of the object goes, only what is outside of it can say.
  const Parameters& parameters = signed_ones ? *signed_ones : sent;
  request.state = parameters["state"];
  // Refusals go there in the same way.
  request.by_form_post = parameters["response_mode"] == kFormPostMode;
  if (const Result<void> found = read_redirect_uri(parameters, request); !found) {
    read.refusal = {signed_ones ? found.error() : signed_ones.error(), false};
    return refused_or_fault(read);
  }
  const Result<void> rest =
      signed_ones ? read_rest(s, parameters, arrival, request) : signed_ones.error();
  if (!rest) read.refusal = {rest.error(), true};
  return refused_or_fault(read);
}

Result<AuthorizationRequest> read_device_request(const Services& s, const tables::Client& client,
                                                 const Parameters& sent) {
  AuthorizationRequest request;
  request.client = client;
  request.max_age = max_age_of(client);
  TRY(read_resources(s, sent, request));
  TRY(read_scopes(s, sent, request));
  return request;
}

AnswerParameters error_answer(const Services& s, const AuthorizationRequest& request,
                              const Error& error) {
  AnswerParameters answer = {{"error", error.name},
                             {"error_description", error_description(error.message)}};
  if (!request.state.empty()) answer.emplace_back("state", request.state);
  answer.emplace_back("iss", s.config.tokens.issuer);
  return answer;
}

AnswerParameters code_answer(const Services& s, const AuthorizationRequest& request,
                             std::string_view code) {
  AnswerParameters answer = {{"code", std::string(code)}};
  if (!request.state.empty()) answer.emplace_back("state", request.state);
  answer.emplace_back("iss", s.config.tokens.issuer);
  return answer;
}

std::string answer_address(const AuthorizationRequest& request, const AnswerParameters& answer) {
  std::string address = request.redirect_uri;
  char separator = address.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : answer) {
    address += separator + percent_encode(name) + "=" + percent_encode(value);
    separator = '&';
  }
  return address;
}

}  // namespace authd::auth
