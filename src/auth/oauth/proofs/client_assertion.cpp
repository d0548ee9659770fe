#include "auth/oauth/proofs/client_assertion.h"

#include <algorithm>

#include "auth/core/lifetime.h"
#include "auth/core/limits/allowance.h"
#include "auth/core/limits/used_once.h"
#include "auth/core/numeric_date.h"
#include "auth/oauth/clients/client_keys.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/key_rules.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/proofs/client_jwt.h"
#include "auth/oauth/protocol/key_set.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/strangers/client_document.h"
#include "auth/oauth/strangers/document_clients.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

using tables::Client;

constexpr Allowance kOfStranger{"assertions of a stranger", kMaxStrangersAssertions,
                                kStrangersAssertionWindow};

// Why an assertion is not accepted.
struct Doubt {
  std::string cause;
  bool is_signed = false;  // by whom it should be
};
using Doubts = std::optional<Doubt>;  // none: it is accepted

Error refusal_of(const Doubt& doubt) {
  const std::string cause = doubt.is_signed ? ": " + doubt.cause : "";
  return refused(ErrorCode::unauthenticated, "invalid_client",
                 "The client assertion is not accepted" + cause + ".");
}

std::string text_in(const JsonObject& claims, std::string_view name) {
  return claims.string(name).value_or("");
}

// Whom an assertion may be for: RFC 7523 section 3 and RFC 9126 section 2. FAPI 2.0 (section
// 5.3.2.1) takes nothing but the issuer.
std::vector<std::string> audiences(const Services& s, const Client& client) {
  std::vector<std::string> ours = {s.config.tokens.issuer};
  if (client.is_fapi) return ours;
  for (const char* path : {"/oauth2/token", "/oauth2/par"})
    ours.push_back(s.config.public_url + path);
  return ours;
}

// What a signed assertion has to say of itself, but for its signer.
Result<void> check_claims(const Services& s, const Client& client, const ClientJwt& jwt,
                          Milliseconds life) {
  TRY(check_client_audience(jwt.claims, audiences(s, client)));
  if (client.is_fapi && !jwt.claims.string("aud")) {
    return Error{ErrorCode::unauthenticated, "its aud is a list"};
  }
  if (!jwt.claims.has("exp")) return Error{ErrorCode::unauthenticated, "it has no exp"};
  return check_client_times(jwt.claims, life, s.clock.now());
}

Doubts doubt_of(const Result<void>& checked) {
  if (checked) return std::nullopt;
  return Doubt{checked.error().message, true};
}

// Uses its jti up.
Result<Doubts> use_up(const Services& s, const Client& client, const JsonObject& claims) {
  const std::string jti = text_in(claims, "jti");
  if (jti.empty()) return Doubts({"it has no jti", true});
  const Time end = numeric_date(TRY(claims.number("exp"))) + kClientClockSlack + kClockSlack;
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Doubts> {
    if (is_strangers(client)) TRY(take_one(tx, kOfStranger, client.id, now));
    // A client id has no space.
    if (use_once(tx, once::kAssertion, client.id + " " + jti, end)) return Doubts();
    return Doubts({"its jti was used before", true});
  });
}

// By the client itself.
Result<Doubts> judge_own(const Services& s, const Client& client, const ClientJwt& jwt) {
  if (!TRY(is_signed_by_client(s, client, jwt.jws))) {
    return Doubts({"no key of the client has signed it", false});
  }
  if (text_in(jwt.claims, "sub") != client.id) {
    return Doubts({"its iss and sub must both be the client id", true});
  }
  const Milliseconds life = is_strangers(client) ? kStrangersAssertionLife : kAssertionLife;
  if (Doubts doubts = doubt_of(check_claims(s, client, jwt, life))) return doubts;
  return use_up(s, client, jwt.claims);
}

// By the platform of a workload.
Result<Doubts> judge_federated(const Services& s, const Client& client, const ClientJwt& jwt) {
  const std::string issuer = text_in(jwt.claims, "iss");
  const std::string subject = text_in(jwt.claims, "sub");
  bool is_known = false;
  for (const std::string& text : client.federated_identities) {
    const FederatedIdentity identity = federated_identity(text);
    is_known = is_known || (identity.issuer == issuer && identity.subject == subject);
  }
  // Before anything is fetched: a stranger's token must not make this server ask anybody.
  if (!is_known) return Doubts({"its iss and sub are not an identity of the client", false});
  const PublishedKeys::Set set =
      TRY(s.oauth.keys.set_for({issuer, true, fetch::Reach::any}, jwt.jws));
  if (!is_signed_by(*set, jwt.jws)) return Doubts({"no key of its issuer has signed it", false});
  return doubt_of(check_claims(s, client, jwt, kFederatedAssertionLife));
}

// The same work for a client that there is not.
Doubt judge_for_nobody(const crypto::Jws& jws, Random& random) {
  static const Result<crypto::SigningKey> key =
      crypto::SigningKey::generate(crypto::Algorithm::es256, random);
  if (key) static_cast<void>(key->verify(jws.signing_input, jws.signature));
  return {"there is no such client that may authenticate in this way", false};
}

Result<Doubts> judge(const Services& s, const std::optional<Client>& client,
                     const Result<ClientJwt>& jwt) {
  if (!jwt) return Doubts({jwt.error().message, false});
  const bool may_sign =
      client && is_enabled(s.config, *client) && client->auth_method == kPrivateKeyAuth;
  if (!may_sign) return Doubts(judge_for_nobody(jwt->jws, s.random));
  if (const auto checked = check_algorithm(jwt->jws, *client); !checked) {
    return Doubts({checked.error().message, false});
  }
  if (text_in(jwt->claims, "iss") == client->id) return judge_own(s, *client, *jwt);
  return judge_federated(s, *client, *jwt);
}

// Whom the request names. What is wrong with a document tells nobody anything here: there is then
// no such client.
Result<std::optional<Client>> sender(const Services& s, const std::string& named,
                                     bool reads_document) {
  using Found = std::optional<Client>;
  if (!reads_document) {
    return s.store.read([&](store::ReadTxn& tx) { return Result<Found>(find_client(tx, named)); });
  }
  Result<Found> found = client_of_request(s, named, s.clock.now(), DocumentAsker::program);
  if (found || found.error().code != ErrorCode::malformed) return found;
  return Found();
}

// Half of an assertion is a mistake of whoever wrote the client, and proves nothing.
Result<void> check_whole(const SentAssertion& sent) {
  if (sent.type.empty() || sent.assertion.empty()) {
    return Error{
        ErrorCode::malformed, "\"client_assertion\" and \"client_assertion_type\" belong together.",
        sent.type.empty() ? "client_assertion_type" : "client_assertion", "invalid_request"};
  }
  if (sent.type == kJwtAssertion) return {};
  return refused(ErrorCode::unauthenticated, "invalid_client",
                 "\"client_assertion_type\" must be " + std::string(kJwtAssertion) + ".");
}

}  // namespace

Result<Program> authenticate_by_assertion(const Services& s, const SentAssertion& sent,
                                          const Origin& origin) {
  TRY(check_whole(sent));
  const Result<ClientJwt> jwt = parse_client_jwt(sent.assertion, kAssertionType);
  std::string named = sent.client_id;
  if (named.empty() && jwt) named = text_in(jwt->claims, "iss");
  const std::optional<Client> client = TRY(sender(s, named, sent.reads_document));
  const Doubts doubts = TRY(judge(s, client, jwt));
  if (!doubts) return Program{*client};
  return record_wrong_client(s, client ? client->id : "", doubts->cause, refusal_of(*doubts),
                             origin);
}

}  // namespace authd::auth
