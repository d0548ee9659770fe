#include "auth/oauth/tokens/id_token.h"

#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/acr.h"
#include "auth/oauth/protocol/asked_claims.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/id_token_hint.h"
#include "auth/sessions/jwt_signing.h"
#include "base/encoding.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

// The left half of the hash that the algorithm of the token uses (OpenID Connect Core section
// 3.1.3.6): SHA-256 for RS256 and ES256. Which one EdDSA has is unsettled among clients, and the
// claim is optional in the code flow, so a token with EdDSA has none.
std::string hash_half(const AccessToken& access) {
  return base64url_encode(crypto::sha256(access.reveal()).substr(0, crypto::kSha256Bytes / 2));
}

// The scopes of the grant that the client may still have. Those that a resource brings are about
// that resource, and about no claims.
std::vector<std::string> claim_scopes(const GrantRows& rows) {
  const std::vector<std::string> allowed = allowed_scopes(rows.client);
  std::vector<std::string> scopes = rows.grant.scopes;
  std::erase_if(scopes, [&](const std::string& scope) { return !contains(allowed, scope); });
  return scopes;
}

}  // namespace

crypto::Algorithm id_token_algorithm(const tables::Client& client) {
  const std::string_view word = client.id_token_algorithm.empty()
                                    ? kIdTokenAlgorithms.front()
                                    : std::string_view(client.id_token_algorithm);
  return crypto::parse_algorithm(word).value_or(crypto::Algorithm::rs256);
}

Result<std::string> id_token_claims(const Services& s, const GrantRows& rows,
                                    const AccessToken& access, std::string_view nonce, Time now) {
  const tables::Grant& grant = rows.grant;
  const std::string subject = TRY(subject_for(s, rows.client, rows.user));
  JsonWriter json;
  json.begin_object()
      .field("iss", s.config.tokens.issuer)
      .field("sub", subject)
      .field("aud", rows.client.id)
      .field("exp", unix_seconds(now + kIdTokenLife))
      .field("iat", unix_seconds(now))
      .field("auth_time", unix_seconds(grant.auth_time));
  if (!nonce.empty()) json.field("nonce", nonce);
  json.field("acr", acr_of(grant.amr)).key("amr").begin_array();
  for (const std::string& method : grant.amr)
    json.value(method);
  json.end_array();
  if (!access.empty() && id_token_algorithm(rows.client) != crypto::Algorithm::eddsa) {
    json.field("at_hash", hash_half(access));
  }
  json.field("sid", grant_text(grant.id));
  const Result<AskedClaims> asked = parse_asked_claims(grant.claims);
  const std::vector<std::string> scopes = claim_scopes(rows);
  TRY(add_claims(s, json, rows,
                 {rows.client.id_token_claims ? scopes : std::vector<std::string>{},
                  asked ? asked->id_token : std::vector<std::string>{}, scopes, kMaxGroupsInIdToken,
                  kMaxAttributesInToken}));
  json.end_object();
  return json.take();
}

Result<std::string> make_id_token(const Services& s, const GrantRows& rows,
                                  const AccessToken& access, std::string_view nonce, Time now) {
  const std::string claims = TRY(id_token_claims(s, rows, access, nonce, now));
  return sign_jwt(s, id_token_algorithm(rows.client), kIdTokenType, claims);
}

}  // namespace authd::auth
