// An authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1), read from
// its parameters and checked against its client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/oauth/protocol/asked_claims.h"
#include "auth/oauth/protocol/parameters.h"
#include "tables/schema.h"

namespace authd::auth {

struct AuthorizationRequest {
  tables::Client client;
  std::string redirect_uri;
  bool named_redirect_uri = false;
  bool by_form_post = false;  // how the answer goes there
  std::string state;
  std::vector<std::string> scopes;  // those that the client may have
  std::vector<std::string> resources;
  std::vector<tables::Resource> resource_rows;  // of `resources`
  std::string nonce;
  std::string code_challenge;  // S256; empty: none
  std::string dpop_jkt;        // of the key that the exchange has to prove; empty: none
  std::vector<std::string> prompts;
  std::optional<Seconds> max_age;  // of the request, else of the client
  std::vector<std::string> acr_values;
  std::string claims;  // JSON
  AskedClaims asked;
  std::vector<std::string> claim_scopes;  // of what `asked` names, if the client may have them
  std::string login_hint;
  std::string ui_locales;
  std::string hinted_subject;  // of id_token_hint; empty: none
  std::string pushed;          // id of its row in `pushed_requests`; empty: it was not pushed

  bool has_prompt(std::string_view prompt) const;
};

// A request that is refused. If `redirects`, the client gets the answer: the request has its
// client, redirect_uri and state, and nothing else counts. Otherwise the person gets a page: an
// answer to an address that is not proved would be an open redirect (RFC 9700 section 4.11).
struct RefusedRequest {
  Error error;  // the name is the one of RFC 6749 section 4.1.2.1
  bool redirects = false;
};

struct ReadRequest {
  AuthorizationRequest request;
  std::optional<RefusedRequest> refusal;
};

// How a request came: through the browser, or from the client itself (RFC 9126), maybe out of a
// request object that was verified then. A client can be held to each of these.
enum class Arrival { direct, pushed, pushed_signed };

// What these parameters ask for, or those of a request object among them (request_object.h), which
// came at `asked_at`; nullopt: now. A reference to a pushed request is followed elsewhere
// (pushed_request.h). Errors only for faults of this server, and for keys of the client that cannot
// be fetched.
Result<ReadRequest> read_authorization_request(const Services& s, const Parameters& parameters,
                                               Arrival arrival = Arrival::direct,
                                               std::optional<Time> asked_at = std::nullopt);

// What a client asks for without a browser (RFC 8628 section 3.1): `scope` and `resource`, as
// above, and what the client itself demands of the login. Errors: `malformed`, "invalid_scope" and
// "invalid_target".
Result<AuthorizationRequest> read_device_request(const Services& s, const tables::Client& client,
                                                 const Parameters& parameters);

// The address to which a refusal or a code goes: with `error` and `error_description`, or `code`;
// and `state` and `iss` (RFC 9207). Parameters to append to the redirect URI, or to post there.
using AnswerParameters = std::vector<std::pair<std::string, std::string>>;
AnswerParameters error_answer(const Services& s, const AuthorizationRequest& request,
                              const Error& error);
AnswerParameters code_answer(const Services& s, const AuthorizationRequest& request,
                             std::string_view code);
std::string answer_address(const AuthorizationRequest& request, const AnswerParameters& answer);

}  // namespace authd::auth
