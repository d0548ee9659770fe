#include "auth/oauth/tokens/token_exchange.h"

#include <algorithm>

#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/proofs/dpop.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

Error invalid_request(std::string message, std::string_view parameter) {
  return Error{ErrorCode::malformed, std::move(message), std::string(parameter), "invalid_request"};
}

// One answer for a token that is not valid and for one of somebody else: no oracle.
Error invalid_subject() {
  return invalid_request("The subject token is not valid, or it is not for this client.",
                         "subject_token");
}

Result<void> check_types(const TokenExchange& wanted) {
  if (!wanted.actor_token.empty()) {
    return invalid_request(
        "Actor tokens are not supported: the client that authenticates is the actor.",
        "actor_token");
  }
  if (wanted.subject_token_type != kAccessTokenType && wanted.subject_token_type != kJwtType) {
    return invalid_request("The subject token must be an access token of this server: " +
                               std::string(kAccessTokenType) + ".",
                           "subject_token_type");
  }
  const std::string_view type = wanted.requested_token_type;
  if (type.empty() || type == kAccessTokenType) return {};
  return invalid_request(
      "Only access tokens are issued here: " + std::string(kAccessTokenType) + ".",
      "requested_token_type");
}

Result<TokenHolder> find_subject(const Services& s, std::string_view token, Time now) {
  Result<TokenHolder> holder = authenticate_client_token(s, token, now);
  if (holder || holder.error().code == ErrorCode::unavailable) return holder;
  return invalid_subject();
}

// Whether the token was sent to the client as to an API. What is for this server's userinfo is for
// nobody else.
bool is_sent_to(const Services& s, const TokenHolder& subject, const tables::Client& client) {
  return std::any_of(subject.audience().begin(), subject.audience().end(),
                     [&](const std::string& one) {
                       return one != own_audience(s) && contains(client.audiences, one);
                     });
}

std::vector<std::string> targets_of(const TokenExchange& wanted) {
  std::vector<std::string> targets = wanted.narrowing.resources;
  if (!wanted.audience.empty() && !contains(targets, wanted.audience)) {
    targets.emplace_back(wanted.audience);
  }
  return targets;
}

// Whether the client may have a token for these in the place of this one.
Result<void> check_reach(const Services& s, const TokenHolder& subject,
                         const tables::Client& client, const std::vector<std::string>& targets) {
  if (is_sent_to(s, subject, client)) return {};
  if (subject.client().id != client.id) return invalid_subject();
  TRY(narrowed_resources(subject.audience(), targets));
  return {};
}

// A token that is bound to a key stays bound to that one: otherwise, an exchange would make a
// stolen one good (RFC 9449 section 1). So nobody but the owner of the key exchanges it.
Result<void> check_binding(const TokenHolder& subject, const Proof& proof) {
  if (is_proved(subject.claims().jkt, proof)) return {};
  return invalid_request(
      "The subject token is bound to a key, so it is exchanged only with a proof of the same key "
      "(DPoP).",
      "subject_token");
}

// The scopes that the new token may have. Nobody signs in with it, nor is there a refresh token.
std::vector<std::string> scopes_left(const Services& s, const TokenHolder& subject,
                                     const tables::Client& client,
                                     const std::vector<tables::Resource>& resources) {
  const std::vector<std::string> allowed = allowed_scopes_at(s.config, client, resources);
  std::vector<std::string> scopes = subject.scopes();
  std::erase_if(scopes, [&](const std::string& scope) {
    return scope == kOpenidScope || scope == kOfflineScope || !contains(allowed, scope);
  });
  return scopes;
}

Result<TokenWishes> wishes_for(const Services& s, const TokenHolder& subject,
                               const tables::Client& client, const TokenExchange& wanted,
                               Time now) {
  TokenWishes wishes;
  wishes.audience = targets_of(wanted);
  wishes.jkt = wanted.narrowing.proof.jkt;
  if (wishes.audience.empty()) {
    return refused(ErrorCode::malformed, "invalid_target",
                   "Name the API that the token is for: resource=https://api.example.org.");
  }
  TRY(check_reach(s, subject, client, wishes.audience));
  TRY(check_binding(subject, wanted.narrowing.proof));
  const std::vector<tables::Resource> resources = TRY(
      s.store.read([&](store::ReadTxn& tx) { return resources_for(tx, client, wishes.audience); }));
  wishes.scopes =
      TRY(narrowed_scopes(scopes_left(s, subject, client, resources), wanted.narrowing.scope));
  wishes.life = std::min(access_life(s.config, client, resources),
                         std::chrono::floor<Seconds>(subject.claims().expires_at - now));
  if (wishes.life <= Seconds(0)) return invalid_subject();
  return wishes;
}

std::vector<std::string> with_first(const std::string& first,
                                    const std::vector<std::string>& rest) {
  std::vector<std::string> all = {first};
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

Result<ClientToken> mint(const Services& s, const TokenHolder& subject,
                         const tables::Client& client, TokenWishes& wishes, Time now) {
  const Claims& claims = subject.claims();
  wishes.exchanged = ExchangedFrom{claims.subject, with_first(client.id, claims.actors),
                                   with_first(claims.jti, claims.subject_tokens)};
  if (subject.grant() == nullptr) return mint_own_token(s, client, wishes, now);
  return mint_grant_token(s, rows_for_actors(*subject.grant(), {client}), wishes, now);
}

}  // namespace

Result<IssuedTokens> exchange_token(const Services& s, const Program& program,
                                    const TokenExchange& wanted) {
  const tables::Client& client = program.client();
  if (!has_grant_type(client, kExchangeGrant) || client.is_public) return unauthorized_client();
  TRY(check_types(wanted));
  const Time now = s.clock.now();
  const TokenHolder subject = TRY(find_subject(s, wanted.subject_token, now));
  if (subject.claims().actors.size() >= kMaxExchanges) {
    return invalid_request("The subject token was exchanged too often already.", "subject_token");
  }
  if (!subject.may_use(client)) return invalid_subject();
  TokenWishes wishes = TRY(wishes_for(s, subject, client, wanted, now));
  ClientToken token = TRY(mint(s, subject, client, wishes, now));
  TRY(note_issue(s, client, wanted.narrowing.proof, now));
  count(s.counters.tokens_exchanged);
  IssuedTokens issued;
  issued.access = std::move(token.token);
  issued.expires_in = token.expires_in;
  issued.token_type = type_of(wishes);
  issued.scopes = std::move(wishes.scopes);
  issued.issued_token_type = kAccessTokenType;
  return issued;
}

}  // namespace authd::auth
