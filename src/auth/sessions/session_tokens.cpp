#include "auth/sessions/session_tokens.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/caller.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/logout_notices.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/roles.h"
#include "config/client_profile.h"
#include "crypto/digest.h"
#include "tables/sessions.h"

namespace authd::auth {

namespace {

Seconds access_life(const config::Config& config, const tables::Session& session) {
  const Milliseconds fixed = config::profile_of(session.client).access_ttl;
  return std::chrono::floor<Seconds>(fixed == Milliseconds(0) ? config.tokens.access_ttl : fixed);
}

struct Refreshed {
  Rotation rotation;
  tables::Session session;
  tables::User user;
  bool is_from_elsewhere = false;  // a repetition
};

// Stores the effect of the presented generation.
Result<Refreshed> rotate(const Services& s, store::WriteTxn& tx, const RefreshClaim& claim,
                         const Origin& origin, Time now) {
  JudgedRefresh judged = TRY(judge_refresh(s.config, tx, claim, now));
  tables::Session& session = judged.live.session;
  const std::string mark = mark_of(origin);
  bool is_from_elsewhere = false;
  switch (judged.rotation) {
    case Rotation::rotated:
      session.generation += 1;
      session.rotated_by = mark;
      session.rotated_at = now;
      session.expires_at = std::max(session.expires_at,
                                    session_end(s.config, session.client, session.created_at, now));
      tables::update_session(tx, session);
      break;
    case Rotation::repeated:
      // A telephone changes its network, so this is no proof of a thief. The operator should know.
      is_from_elsewhere = !session.rotated_by.empty() && session.rotated_by != mark;
      if (is_from_elsewhere) {
        audit(s, tx, origin, {"refresh_token_repeated", judged.live.user.id, "from_elsewhere"},
              now);
      }
      break;
    case Rotation::reused:  // A value, not an Error, so that the deletion is committed.
      audit(s, tx, origin, {"refresh_token_reused", judged.live.user.id, "session_ended"}, now);
      remove_session(tx, session);
      break;
  }
  return Refreshed{judged.rotation, session, judged.live.user, is_from_elsewhere};
}

}  // namespace

std::string mark_of(const Origin& origin) {
  constexpr size_t kMarkBytes = 8;
  return crypto::sha256(origin.address.limit_key().to_string() + "\n" + origin.user_agent)
      .substr(0, kMarkBytes);
}

Result<JudgedRefresh> judge_refresh(const config::Config& config, store::Reader& tx,
                                    const RefreshClaim& claim, Time now, Trace* trace) {
  std::optional<LiveSession> live = find_live_session(tx, claim.session_id, now, trace);
  if (!live) return invalid_token();
  const tables::Session& session = live->session;
  const bool has_tokens =
      passes(trace, "session has tokens", session.kind == tables::SessionKind::tokens, [&] {
        return "a session of the kind \"" + std::string(tables::session_kind_name(session.kind)) +
               "\" has no refresh token";
      });
  if (!has_tokens || is_idle(config, live->session, live->user, now, trace)) return invalid_token();
  const auto say = [&](std::string_view meaning) {
    return "generation " + std::to_string(claim.generation) + ", the session is at " +
           std::to_string(session.generation) + ": " + std::string(meaning);
  };
  if (claim.generation == session.generation) {
    passes(trace, "generation", true, [&] { return say("the current token"); });
    return JudgedRefresh{Rotation::rotated, std::move(*live)};
  }
  // Setting the clock back must not extend the grace period, so the difference counts in both
  // directions.
  const Milliseconds since =
      now > session.rotated_at ? now - session.rotated_at : session.rotated_at - now;
  if (claim.generation + 1 == session.generation && since <= config.tokens.refresh_grace) {
    passes(trace, "generation", true,
           [&] { return say("the previous token, within tokens.refresh_grace"); });
    return JudgedRefresh{Rotation::repeated, std::move(*live)};
  }
  passes(trace, "generation", false, [&] {
    return say("used before; using it again ends the session, because somebody has a copy");
  });
  return JudgedRefresh{Rotation::reused, std::move(*live)};
}

Result<Tokens> tokens_for(const Services& s, const tables::Session& session,
                          const tables::User& user, Time now) {
  Tokens tokens;
  std::vector<std::string> permissions;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    load_roles(tx, user, tokens.roles, permissions);
    return {};
  }));
  tokens.session = session;
  tokens.user = user;
  if (session.kind != tables::SessionKind::tokens) return tokens;
  const Seconds life = access_life(s.config, session);
  MintedToken minted = TRY(mint_access_token(s, session, user, tokens.roles, life, now));
  tokens.access = std::move(minted.token);
  tokens.expires_in = minted.expires_in;
  tokens.refresh = make_refresh_token(s.server_key, {session.id, session.generation});
  return tokens;
}

Result<Tokens> tokens_for(const Services& s, const LiveSession& begun, Time now) {
  Tokens tokens = TRY(tokens_for(s, begun.session, begun.user, now));
  tokens.device = begun.device;
  return tokens;
}

Result<Tokens> refresh(const Services& s, const RefreshToken& token, const Origin& origin) {
  const Time now = s.clock.now();
  const std::optional<RefreshClaim> claim = parse_refresh_token(s.server_key, token);
  if (!claim) {
    count(s.counters.refreshes_refused);
    // This is not an expired token but a forged one, which counts against the address.
    const Attempt attempt = TRY(Attempt::from_address(s, origin));
    return record_failure(s, attempt, origin, {"refresh", std::nullopt, "refused"},
                          invalid_token());
  }
  const Result<Refreshed> refreshed = s.store.write(
      [&](store::WriteTxn& tx) -> Result<Refreshed> { return rotate(s, tx, *claim, origin, now); });
  if (!refreshed) {
    count(s.counters.refreshes_refused);
    return refreshed.error();
  }
  switch (refreshed->rotation) {
    case Rotation::rotated: count(s.counters.refreshes_rotated); break;
    case Rotation::repeated:
      count(s.counters.refreshes_repeated);
      if (refreshed->is_from_elsewhere) {
        s.log.warn("refresh token repeated from another address or user agent",
                   {{"request_id", origin.request_id},
                    {"user_id", refreshed->user.id.value},
                    {"session_id", session_text(refreshed->session.id)},
                    {"client", origin.address.to_string()}});
      }
      break;
    case Rotation::reused:
      count(s.counters.refreshes_reused);
      s.log.warn("refresh token reused, session ended",
                 {{"request_id", origin.request_id},
                  {"user_id", refreshed->user.id.value},
                  {"session_id", session_text(refreshed->session.id)},
                  {"client", origin.address.to_string()}});
      return invalid_token();
  }
  return tokens_for(s, refreshed->session, refreshed->user, now);
}

Result<AccessToken> renew_token(const Services& s, const Person& caller,
                                std::string_view presented) {
  const tables::Session& session = caller.session();
  if (!config::profile_of(session.client).renews_tokens) return AccessToken(std::string(presented));
  const Time now = s.clock.now();
  const Seconds life = access_life(s.config, session);
  tables::Session renewed = session;
  if (session.expires_at < now + life) {
    renewed = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<tables::Session> {
      std::optional<LiveSession> live = find_live_session(tx, session.id, now);
      if (!live) return invalid_token();
      tables::Session& row = live->session;
      row.rotated_at = now;
      row.expires_at =
          std::max(row.expires_at, session_end(s.config, row.client, row.created_at, now));
      tables::update_session(tx, row);
      return row;
    }));
  }
  return TRY(mint_access_token(s, renewed, caller.user(), caller.roles(), life, now)).token;
}

}  // namespace authd::auth
