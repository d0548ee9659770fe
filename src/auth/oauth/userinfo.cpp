#include "auth/oauth/userinfo.h"

#include "auth/core/subject.h"
#include "auth/oauth/asked_claims.h"
#include "auth/oauth/claims.h"

namespace authd::auth {

std::string userinfo_claims(const GrantRows& rows, const std::vector<std::string>& scopes) {
  const Result<AskedClaims> asked = parse_asked_claims(rows.grant.claims);
  JsonWriter json;
  json.begin_object().field("sub", subject_of(rows.user));
  write_claims(json, {rows.user, rows.roles, rows.client},
               {scopes, asked ? asked->userinfo : std::vector<std::string>{}, scopes});
  json.end_object();
  return json.take();
}

}  // namespace authd::auth
