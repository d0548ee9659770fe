#include "auth/oauth/tokens/token_state.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/core/refresh_token.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/sessions/introspection.h"

namespace authd::auth {
namespace {

using Found = std::optional<TokenState>;

// Whether the client has to do with authd's own tokens: a resource server, which signs nobody in,
// unless it was given other audiences.
bool is_for_own_tokens(const Services& s, const tables::Client& client) {
  if (contains(client.audiences, s.config.tokens.audience)) return true;
  return client.grant_types.empty() && client.audiences.empty();
}

bool is_for_one_of(const TokenHolder& holder, const std::vector<std::string>& audiences) {
  return std::any_of(holder.audience().begin(), holder.audience().end(),
                     [&](const std::string& one) { return contains(audiences, one); });
}

// The access token of any client. nullopt if it is none.
Result<std::optional<TokenHolder>> find_access_token(const Services& s, std::string_view token) {
  using Holder = std::optional<TokenHolder>;
  Result<TokenHolder> holder = authenticate_client_token(s, token, s.clock.now());
  if (holder) return Holder(std::move(*holder));
  if (holder.error().code == ErrorCode::unauthenticated) return Holder();
  return holder.error();
}

// The live grant whose current refresh token this is. nullopt if it is none.
Result<std::optional<GrantRows>> find_refresh_token(const Services& s, const RefreshClaim& claim) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<GrantRows>> {
    std::optional<GrantRows> rows = find_live_grant(s.config, tx, claim.session_id, s.clock.now());
    if (rows && rows->grant.generation != claim.generation) rows.reset();
    return rows;
  });
}

std::optional<RefreshClaim> claim_of(const Services& s, std::string_view token) {
  return parse_refresh_token(s.server_key, RefreshToken(std::string(token)), RefreshFamily::grant);
}

// Any generation ends the grant: who holds an older one may be the thief, or the client. A client
// that ends its grant itself is not told that it ended, unless it had ended before.
Result<void> end_grant(const Services& s, const Program& program, const RefreshClaim& claim,
                       const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::Grant> grant = tables::grants.find(tx, claim.session_id);
    if (!grant) return {};
    if (grant->client != program.client().id) return unauthorized_client();
    if (find_live_grant(s.config, tx, grant->id, now))
      tables::grants.remove(tx, grant->id, *grant);
    else
      remove_grant(tx, *grant, now);
    audit(s, tx, origin, {"grant_ended", grant->user, "ok", grant->client}, now);
    return {};
  });
}

}  // namespace

Result<std::optional<TokenState>> state_for(const Services& s, const Program& program,
                                            std::string_view token) {
  if (is_for_own_tokens(s, program.client())) {
    std::optional<Introspection> own = TRY(introspect(s, token, s.clock.now()));
    if (own) return Found(std::move(*own));
  }
  if (const std::optional<RefreshClaim> claim = claim_of(s, token)) {
    std::optional<GrantRows> rows = TRY(find_refresh_token(s, *claim));
    const bool is_its = rows && rows->client.id == program.client().id;
    return is_its ? Found(std::move(*rows)) : Found();
  }
  std::optional<TokenHolder> holder = TRY(find_access_token(s, token));
  if (!holder) return Found();
  const bool is_its = holder->client().id == program.client().id ||
                      is_for_one_of(*holder, program.client().audiences);
  return is_its ? Found(std::move(*holder)) : Found();
}

Result<void> revoke_for(const Services& s, const Program& program, std::string_view token,
                        const Origin& origin) {
  if (const std::optional<RefreshClaim> claim = claim_of(s, token)) {
    return end_grant(s, program, *claim, origin);
  }
  const std::optional<TokenHolder> holder = TRY(find_access_token(s, token));
  if (holder && holder->client().id != program.client().id) return unauthorized_client();
  if (holder) return revoke_access_token(s, holder->claims());
  if (is_for_own_tokens(s, program.client())) {
    TRY(revoke_token(s, token, origin, s.clock.now()));
  }
  return {};
}

}  // namespace authd::auth
