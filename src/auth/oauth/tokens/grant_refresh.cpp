#include "auth/oauth/tokens/grant_refresh.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/core/refresh_token.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/session_tokens.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

struct Refreshed {
  Rotation rotation = Rotation::rotated;
  GrantRows rows;
  TokenWishes wishes;
};

// What the generation means now; the same rule as for sessions.
Rotation judge(const config::Config& config, const tables::Grant& grant, uint64_t generation,
               Time now) {
  if (generation == grant.generation) return Rotation::rotated;
  const Milliseconds since =
      now > grant.rotated_at ? now - grant.rotated_at : grant.rotated_at - now;
  const bool is_previous = generation + 1 == grant.generation;
  return is_previous && since <= config.tokens.refresh_grace ? Rotation::repeated
                                                             : Rotation::reused;
}

Result<Refreshed> refresh_in(const Services& s, store::WriteTxn& tx, const Program& program,
                             const RefreshClaim& claim, const Narrowing& narrowing,
                             const Origin& origin, Time now) {
  std::optional<GrantRows> rows = find_live_grant(s.config, tx, claim.session_id, now);
  if (!rows || rows->client.id != program.client().id || !rows->grant.is_open) {
    return invalid_grant();
  }
  tables::Grant& grant = rows->grant;
  // Before the generation: whoever has the token alone must not be able to end the grant with it.
  if (!is_proved(grant.dpop_jkt, narrowing.proof)) return invalid_grant();
  const Rotation rotation = judge(s.config, grant, claim.generation, now);
  if (rotation == Rotation::reused) {  // A value, so that the end is committed.
    audit(s, tx, origin, {"refresh_token_reused", grant.user, "grant_ended", grant.client}, now);
    remove_grant(tx, grant, now);
    return Refreshed{rotation, std::move(*rows), {}};
  }
  TokenWishes wishes = TRY(wishes_for(s, tx, *rows, narrowing));
  TRY(use_proof(tx, narrowing.proof, now));
  const std::string mark = mark_of(origin);
  if (rotation == Rotation::repeated && grant.rotated_by != mark) {
    audit(s, tx, origin, {"refresh_token_repeated", grant.user, "from_elsewhere", grant.client},
          now);
  }
  if (rotation == Rotation::rotated) {
    if (rotates_refresh_tokens(rows->client)) {
      grant.generation += 1;
      grant.rotated_at = now;
      grant.rotated_by = mark;
    }
    grant.expires_at = std::max(grant.expires_at, now + refresh_life(s.config, rows->client));
    tables::grants.rewrite(tx, grant);
    note_client_use(tx, grant.client, now);
  }
  return Refreshed{rotation, std::move(*rows), std::move(wishes)};
}

}  // namespace

Error invalid_grant() {
  return refused(ErrorCode::malformed, "invalid_grant",
                 "The code or refresh token is wrong, was used, or has ended.");
}

Error unauthorized_client() {
  return refused(ErrorCode::malformed, "unauthorized_client",
                 "This client may not use this grant type.");
}

Result<IssuedTokens> refresh_grant(const Services& s, const Program& program,
                                   const RefreshToken& token, const Narrowing& narrowing,
                                   const Origin& origin) {
  if (!has_grant_type(program.client(), kRefreshGrant)) return unauthorized_client();
  const Time now = s.clock.now();
  const std::optional<RefreshClaim> claim =
      parse_refresh_token(s.server_key, token, RefreshFamily::grant);
  if (!claim) {
    count(s.counters.refreshes_refused);
    return invalid_grant();
  }
  const Result<Refreshed> done = s.store.write([&](store::WriteTxn& tx) -> Result<Refreshed> {
    return refresh_in(s, tx, program, *claim, narrowing, origin, now);
  });
  if (!done) {
    count(s.counters.refreshes_refused);
    return done.error();
  }
  switch (done->rotation) {
    case Rotation::rotated: count(s.counters.refreshes_rotated); break;
    case Rotation::repeated: count(s.counters.refreshes_repeated); break;
    case Rotation::reused:
      count(s.counters.refreshes_reused);
      s.log.warn("refresh token reused, grant ended", {{"request_id", origin.request_id},
                                                       {"client_id", program.client().id},
                                                       {"user_id", done->rows.user.id.value}});
      return invalid_grant();
  }
  return issue_tokens(s, done->rows, done->wishes, "", now);
}

Result<IssuedTokens> issue_to_client(const Services& s, const Program& program,
                                     const std::vector<std::string>& resources,
                                     std::string_view scope, const Proof& proof) {
  const tables::Client& client = program.client();
  if (!has_grant_type(client, kClientGrant) || client.is_public) return unauthorized_client();
  if (resources.empty()) {
    return refused(ErrorCode::malformed, "invalid_target",
                   "Name the API that the token is for: resource=https://api.example.org.");
  }
  const std::vector<tables::Resource> rows =
      TRY(s.store.read([&](store::ReadTxn& tx) { return resources_for(tx, client, resources); }));
  std::vector<std::string> allowed = client.scopes;
  for (const tables::Resource& resource : rows)
    allowed.insert(allowed.end(), resource.scopes.begin(), resource.scopes.end());
  std::erase_if(allowed, [&](const std::string& one) { return is_supported_scope(s.config, one); });
  TokenWishes wishes;
  wishes.audience = resources;
  wishes.scopes = TRY(narrowed_scopes(allowed, scope));
  wishes.life = access_life(s.config, client, rows);
  wishes.jkt = proof.jkt;
  const Time now = s.clock.now();
  ClientToken token = TRY(mint_own_token(s, client, wishes, now));
  TRY(note_issue(s, client, proof, now));
  count(s.counters.client_tokens_issued);
  IssuedTokens issued;
  issued.access = std::move(token.token);
  issued.expires_in = token.expires_in;
  issued.token_type = type_of(wishes);
  issued.scopes = std::move(wishes.scopes);
  return issued;
}

}  // namespace authd::auth
