#include "auth/oauth/tokens/userinfo.h"

#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/asked_claims.h"
#include "auth/oauth/tokens/id_token_hint.h"
#include "auth/sessions/jwt_signing.h"
#include "crypto/jose/algorithm.h"

namespace authd::auth {
namespace {

// Writes the claims into the object that is open.
Result<void> write_userinfo(const Services& s, JsonWriter& json, const GrantRows& rows,
                            const std::vector<std::string>& scopes) {
  const Result<AskedClaims> asked = parse_asked_claims(rows.grant.claims);
  json.field("sub", TRY(subject_for(s, rows.client, rows.user)));
  return add_claims(s, json, rows,
                    {scopes, asked ? asked->userinfo : std::vector<std::string>{}, scopes});
}

}  // namespace

Result<std::string> userinfo_claims(const Services& s, const GrantRows& rows,
                                    const std::vector<std::string>& scopes) {
  JsonWriter json;
  json.begin_object();
  TRY(write_userinfo(s, json, rows, scopes));
  json.end_object();
  return json.take();
}

Result<std::string> signed_userinfo(const Services& s, const GrantRows& rows,
                                    const std::vector<std::string>& scopes) {
  const auto algorithm = crypto::parse_algorithm(rows.client.userinfo_algorithm);
  JsonWriter json;
  json.begin_object().field("iss", s.config.tokens.issuer).field("aud", rows.client.id);
  TRY(write_userinfo(s, json, rows, scopes));
  json.end_object();
  return sign_jwt(s, algorithm.value_or(crypto::Algorithm::rs256), kIdTokenType, json.take());
}

}  // namespace authd::auth
