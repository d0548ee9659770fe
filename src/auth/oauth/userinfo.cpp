#include "auth/oauth/userinfo.h"

#include "auth/core/subject.h"
#include "auth/oauth/asked_claims.h"
#include "auth/oauth/claims.h"

namespace authd::auth {

Result<std::string> userinfo_claims(const Services& s, const GrantRows& rows,
                                    const std::vector<std::string>& scopes) {
  const Result<AskedClaims> asked = parse_asked_claims(rows.grant.claims);
  JsonWriter json;
  json.begin_object().field("sub", subject_of(rows.user));
  TRY(add_claims(s, json, rows,
                 {scopes, asked ? asked->userinfo : std::vector<std::string>{}, scopes}));
  json.end_object();
  return json.take();
}

}  // namespace authd::auth
