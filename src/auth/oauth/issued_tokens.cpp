#include "auth/oauth/issued_tokens.h"

#include "auth/core/refresh_token.h"
#include "auth/oauth/id_token.h"
#include "auth/oauth/targets.h"
#include "auth/oauth/words.h"

namespace authd::auth {
namespace {

// Whom the access token is for. Without a resource in the request, also userinfo, if the person is
// signed in to the client.
Result<std::vector<std::string>> audience_of(const Services& s, const tables::Grant& grant,
                                             const Narrowing& narrowing) {
  std::vector<std::string> audience = TRY(narrowed_resources(grant.resources, narrowing.resources));
  const bool is_for_userinfo = contains(grant.scopes, kOpenidScope) || grant.resources.empty();
  if (narrowing.resources.empty() && is_for_userinfo) audience.push_back(own_audience(s));
  return audience;
}

}  // namespace

Result<void> check_narrowing(const tables::Grant& grant, const Narrowing& narrowing) {
  TRY(narrowed_resources(grant.resources, narrowing.resources));
  TRY(narrowed_scopes(grant.scopes, narrowing.scope));
  return {};
}

Result<IssuedTokens> issue_tokens(const Services& s, const GrantRows& rows,
                                  const Narrowing& narrowing, std::string_view nonce, Time now) {
  const tables::Grant& grant = rows.grant;
  TokenWishes wishes;
  wishes.audience = TRY(audience_of(s, grant, narrowing));
  wishes.scopes = TRY(narrowed_scopes(grant.scopes, narrowing.scope));
  const std::vector<std::string> resources =
      TRY(narrowed_resources(grant.resources, narrowing.resources));
  const std::vector<tables::Resource> found = TRY(
      s.store.read([&](store::ReadTxn& tx) { return resources_for(tx, rows.client, resources); }));
  wishes.life = access_life(s.config, rows.client, found);

  IssuedTokens issued;
  issued.scopes = wishes.scopes;
  ClientToken access = TRY(mint_grant_token(s, rows, wishes, now));
  issued.access = std::move(access.token);
  issued.expires_in = access.expires_in;
  if (grant.generation != 0) {
    issued.refresh =
        make_refresh_token(s.server_key, {grant.id, grant.generation}, RefreshFamily::grant);
  }
  if (contains(grant.scopes, kOpenidScope)) {
    issued.id_token = TRY(make_id_token(s, rows, issued.access, nonce, now));
  }
  return issued;
}

}  // namespace authd::auth
