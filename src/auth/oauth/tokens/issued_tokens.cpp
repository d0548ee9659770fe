#include "auth/oauth/tokens/issued_tokens.h"

#include "auth/core/refresh_token.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/id_token.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

// The rows of the granted resources that are still there for the client.
std::vector<tables::Resource> live_resources(store::Reader& tx, const GrantRows& rows) {
  std::vector<tables::Resource> live;
  for (const std::string& identifier : rows.grant.resources) {
    Result<std::vector<tables::Resource>> found = resources_for(tx, rows.client, {identifier});
    if (found) live.push_back(std::move(found->front()));
  }
  return live;
}

// The part of what was granted that the client may still have, at these resources.
std::vector<std::string> live_scopes(const Services& s, const GrantRows& rows,
                                     const std::vector<tables::Resource>& resources) {
  const std::vector<std::string> allowed = allowed_scopes_at(s.config, rows.client, resources);
  std::vector<std::string> scopes = rows.grant.scopes;
  std::erase_if(scopes, [&](const std::string& scope) { return !contains(allowed, scope); });
  return scopes;
}

}  // namespace

Result<TokenWishes> wishes_for(const Services& s, store::Reader& tx, const GrantRows& rows,
                               const Narrowing& narrowing) {
  const tables::Grant& grant = rows.grant;
  std::vector<tables::Resource> resources = live_resources(tx, rows);
  std::vector<std::string> live;
  for (const tables::Resource& resource : resources)
    live.push_back(resource.identifier);
  TokenWishes wishes;
  wishes.jkt = narrowing.proof.jkt;
  wishes.audience = TRY(narrowed_resources(live, narrowing.resources));
  std::erase_if(resources, [&](const tables::Resource& resource) {
    return !contains(wishes.audience, resource.identifier);
  });
  wishes.life = access_life(s.config, rows.client, resources);
  wishes.scopes = TRY(narrowed_scopes(live_scopes(s, rows, resources), narrowing.scope));
  // Without a resource in the request, also userinfo, if the person is signed in to the client.
  const bool is_for_userinfo = contains(grant.scopes, kOpenidScope) || grant.resources.empty();
  if (narrowing.resources.empty() && is_for_userinfo) wishes.audience.push_back(own_audience(s));
  if (!wishes.audience.empty()) return wishes;
  return refused(ErrorCode::malformed, "invalid_target",
                 "What this was granted for is no longer registered here.");
}

void bind_grant(GrantRows& rows, const Proof& proof) {
  if (rows.client.is_public) rows.grant.dpop_jkt = proof.jkt;
}

Result<void> note_issue(const Services& s, const tables::Client& client, const Proof& proof,
                        Time now) {
  if (!proof.is_there() && now < client.last_used + kUseStep) return {};
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(use_proof(tx, proof, now));
    note_client_use(tx, client.id, now);
    return {};
  });
}

Result<IssuedTokens> issue_tokens(const Services& s, const GrantRows& rows,
                                  const TokenWishes& wishes, std::string_view nonce, Time now) {
  const tables::Grant& grant = rows.grant;
  IssuedTokens issued;
  issued.scopes = wishes.scopes;
  ClientToken access = TRY(mint_grant_token(s, rows, wishes, now));
  issued.access = std::move(access.token);
  issued.expires_in = access.expires_in;
  issued.token_type = type_of(wishes);
  if (has_refresh_token(grant)) {
    issued.refresh =
        make_refresh_token(s.server_key, {grant.id, grant.generation}, RefreshFamily::grant);
  }
  if (contains(grant.scopes, kOpenidScope)) {
    issued.id_token = TRY(make_id_token(s, rows, issued.access, nonce, now));
  }
  return issued;
}

}  // namespace authd::auth
