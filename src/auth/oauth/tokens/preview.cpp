#include "auth/oauth/tokens/preview.h"

#include "auth/core/factor.h"
#include "auth/core/refresh_token.h"
#include "auth/core/ways.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/client_token.h"
#include "auth/oauth/tokens/id_token.h"
#include "auth/oauth/tokens/userinfo.h"
#include "auth/sessions/roles.h"

namespace authd::auth {
namespace {

std::vector<std::string> scopes_of(const tables::Client& client, std::string_view wanted) {
  std::vector<std::string> scopes = allowed_scopes(client);
  if (wanted.empty()) {
    std::erase(scopes, kOfflineScope);
    return scopes;
  }
  const std::vector<std::string> named = words_in(wanted);
  std::erase_if(scopes, [&](const std::string& one) { return !contains(named, one); });
  return scopes;
}

}  // namespace

Result<Preview> preview_tokens(const Services& s, std::string_view client, const tables::User& user,
                               std::string_view scopes) {
  const Time now = s.clock.now();
  GrantRows rows;
  rows.user = user;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    std::optional<tables::Client> found = find_client(tx, client);
    if (!found) return Error{ErrorCode::not_found, "There is no such client."};
    rows.client = std::move(*found);
    std::vector<std::string> permissions;
    rows.roles.clear();
    load_roles(tx, user, rows.roles, permissions);
    return {};
  }));
  rows.grant.id = std::string(kSessionIdBytes, '\0');
  rows.grant.scopes = scopes_of(rows.client, scopes);
  rows.grant.auth_time = now;
  rows.grant.amr =
      has_factor(user) ? amr_of(Factor::password, Factor::app) : amr_of(Factor::password);
  const TokenWishes wishes{
      {own_audience(s)}, rows.grant.scopes, access_life(s.config, rows.client, {})};
  Preview preview;
  preview.id_token = TRY(id_token_claims(s, rows, AccessToken(""), "", now));
  preview.access_token = TRY(grant_token_claims(s, rows, wishes, now));
  preview.userinfo = TRY(userinfo_claims(s, rows, rows.grant.scopes));
  return preview;
}

}  // namespace authd::auth
