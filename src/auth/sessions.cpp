#include "auth/sessions.h"

#include <algorithm>
#include <utility>

#include "auth/access_token.h"
#include "auth/activity.h"
#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/refresh_token.h"
#include "auth/roles.h"
#include "base/encoding.h"
#include "config/compat.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxUserAgent = 256;

// More than kMaxSessionsPerUser, for those that were made side by side.
constexpr size_t kMaxListedSessions = 10 * kMaxSessionsPerUser;

Time session_end(const config::Config& config, std::string_view api, Time created, Time now) {
  const Milliseconds fixed = config::compat_api(api).session_ttl;
  const Milliseconds life = fixed == Milliseconds(0) ? config.tokens.refresh_ttl : fixed;
  return std::min(now + life, created + config.tokens.session_max_age);
}

Seconds access_life(const config::Config& config, const tables::Session& session) {
  const Milliseconds fixed = config::compat_api(session.api).access_ttl;
  return std::chrono::floor<Seconds>(fixed == Milliseconds(0) ? config.tokens.access_ttl : fixed);
}

struct Refreshed {
  Rotation rotation;
  tables::Session session;
  tables::User user;
};

// Writes down what the presented generation means.
Result<Refreshed> rotate(const Services& s, store::WriteTxn& tx, const RefreshClaim& claim,
                         const Origin& origin, Time now) {
  JudgedRefresh judged = TRY(judge_refresh(s.config, tx, claim, now));
  tables::Session& session = judged.live.session;
  switch (judged.rotation) {
    case Rotation::rotated:
      session.generation += 1;
      session.rotated_at = now;
      session.expires_at =
          std::max(session.expires_at, session_end(s.config, session.api, session.created_at, now));
      tables::update_session(tx, session);
      break;
    case Rotation::repeated: break;
    case Rotation::reused:  // A value, not an Error: the deletion must be committed.
      audit(s, tx, origin, {"refresh_token_reused", judged.live.user.id, "session_ended"}, now);
      tables::delete_session(tx, session);
      break;
  }
  return Refreshed{judged.rotation, session, judged.live.user};
}

}  // namespace

std::optional<LiveSession> find_session_and_user(store::Reader& tx, std::string_view id,
                                                 Trace* trace) {
  std::optional<tables::Session> session = tables::find_session(tx, id);
  const bool is_there = passes(trace, "session", session.has_value(), [&] {
    return "session " + session_text(id) +
           (session ? " is there" : " is over: logout, a reused refresh token, or its end");
  });
  if (!is_there) return std::nullopt;
  std::optional<tables::User> user = tables::find_user(tx, session->user);
  const bool has_user = passes(trace, "user", user.has_value(), [&] {
    return "user " + std::to_string(session->user.value) + (user ? "" : " was deleted");
  });
  if (!has_user) return std::nullopt;
  return std::optional<LiveSession>(std::in_place, std::move(*session), std::move(*user));
}

bool is_alive(const tables::Session& session, const tables::User& user, Time now, Trace* trace) {
  const bool is_in_time = passes(trace, "session's end", session.expires_at > now, [&] {
    return "the session ends at " + format_rfc3339(session.expires_at) + ", now is " +
           format_rfc3339(now);
  });
  if (!is_in_time) return false;
  const bool is_past = session.created_at <= now + kMaxStepBack;
  if (!passes(trace, "session's beginning", is_past,
              is_past ? "not in the future" : "in the future: made while the clock was ahead")) {
    return false;
  }
  const bool is_current = session.epoch == user.session_epoch;
  if (!passes(trace, "sessions of the user", is_current,
              is_current ? "not ended since"
                         : "all sessions of the user were ended after this one began (another "
                           "password or factor, logout everywhere, authd session revoke)")) {
    return false;
  }
  return passes(trace, "account", !user.disabled,
                user.disabled ? "disabled (authd user enable)" : "enabled");
}

std::optional<LiveSession> find_live_session(store::Reader& tx, std::string_view id, Time now,
                                             Trace* trace) {
  std::optional<LiveSession> found = find_session_and_user(tx, id, trace);
  if (found && !is_alive(found->session, found->user, now, trace)) found.reset();
  return found;
}

bool is_session_of(store::Reader& tx, std::string_view id, UserId user, Time now) {
  const std::optional<LiveSession> live = find_live_session(tx, id, now);
  return live && live->user.id == user;
}

bool is_idle(const config::Config& config, const tables::Session& session, const tables::User& user,
             Time now, Trace* trace) {
  const std::optional<Time> own_end = tables::idle_end(session, user);
  const Time seen = std::max({user.last_activity, session.rotated_at, session.auth_time});
  // What is written lags behind by a step.
  const bool is_slack = config.tokens.idle_timeout != Milliseconds(0) &&
                        seen + config.tokens.idle_timeout + kActivityStep < now;
  const bool is_over = (own_end && *own_end <= now) || is_slack;
  if (own_end || config.tokens.idle_timeout != Milliseconds(0)) {
    passes(trace, "idle", !is_over, [&] {
      return "the user was last seen at " + format_rfc3339(seen) +
             (is_over ? ", longer ago than a session may idle" : "");
    });
  }
  return is_over;
}

Result<JudgedRefresh> judge_refresh(const config::Config& config, store::Reader& tx,
                                    const RefreshClaim& claim, Time now, Trace* trace) {
  std::optional<LiveSession> live = find_live_session(tx, claim.session_id, now, trace);
  if (!live) return invalid_token();
  const tables::Session& session = live->session;
  const bool has_tokens = passes(trace, "session has tokens", session.generation != 0,
                                 "a session that a cookie keeps has no refresh token");
  if (!has_tokens || is_idle(config, live->session, live->user, now, trace)) return invalid_token();
  const auto say = [&](std::string_view meaning) {
    return "generation " + std::to_string(claim.generation) + ", the session is at " +
           std::to_string(session.generation) + ": " + std::string(meaning);
  };
  if (claim.generation == session.generation) {
    passes(trace, "generation", true, [&] { return say("the current token"); });
    return JudgedRefresh{Rotation::rotated, std::move(*live)};
  }
  // A clock that was set back must not stretch the grace, so the distance counts in both
  // directions.
  const Milliseconds since =
      now > session.rotated_at ? now - session.rotated_at : session.rotated_at - now;
  if (claim.generation + 1 == session.generation && since <= config.tokens.refresh_grace) {
    passes(trace, "generation", true,
           [&] { return say("the one before, within tokens.refresh_grace"); });
    return JudgedRefresh{Rotation::repeated, std::move(*live)};
  }
  passes(trace, "generation", false, [&] {
    return say("used before; whoever uses it again ends the session, since one of two is a copy");
  });
  return JudgedRefresh{Rotation::reused, std::move(*live)};
}

tables::Session new_session(const Services& s, const Origin& origin, std::vector<std::string> amr,
                            Time now) {
  tables::Session session;
  // A text that begins with a dash would be taken for an option on the command line.
  do {
    session.id = s.random.bytes(kSessionIdBytes);
  } while (session_text(session.id).starts_with('-'));
  session.generation = origin.wants_cookie ? 0 : 1;
  session.created_at = now;
  session.rotated_at = now;
  session.expires_at = session_end(s.config, origin.api, now, now);
  session.auth_time = now;
  session.amr = std::move(amr);
  session.scope = kAccountScope;
  session.address = origin.address == IpAddress{} ? "" : origin.address.to_string();
  session.user_agent = origin.user_agent.substr(0, kMaxUserAgent);
  session.api = origin.api;
  session.idle_ms = static_cast<uint64_t>(config::compat_api(origin.api).idle_timeout.count());
  return session;
}

void start_session(store::WriteTxn& tx, tables::Session& session, const tables::User& user) {
  session.user = user.id;
  session.epoch = user.session_epoch;
  tables::insert_session(tx, session);
}

void extend_session(const config::Config& config, store::WriteTxn& tx, std::string_view id,
                    Time now) {
  std::optional<tables::Session> session = tables::find_session(tx, id);
  if (!session || session->rotated_at >= now) return;
  session->rotated_at = now;
  session->expires_at =
      std::max(session->expires_at, session_end(config, session->api, session->created_at, now));
  tables::update_session(tx, *session);
}

std::vector<tables::Session> sessions_to_evict(store::ReadTxn& tx, const tables::User& user,
                                               Time now) {
  std::vector<tables::Session> sessions = tables::sessions_of(tx, user.id, kMaxListedSessions);
  if (sessions.size() < kMaxSessionsPerUser) return {};
  // One that is over already goes before one that is alive.
  const auto rank = [&](const tables::Session& session) {
    return std::pair(is_alive(session, user, now), session.rotated_at);
  };
  std::sort(sessions.begin(), sessions.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  sessions.resize(std::min(sessions.size() - kMaxSessionsPerUser + 1, kMaxEvictions));
  return sessions;
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
  if (session.generation == 0) return tokens;
  const Seconds life = access_life(s.config, session);
  MintedToken minted = TRY(mint_access_token(s, session, tokens.roles, life, now));
  tokens.access = std::move(minted.token);
  tokens.expires_in = minted.expires_in;
  tokens.refresh = make_refresh_token(s.server_key, {session.id, session.generation});
  return tokens;
}

Result<Tokens> refresh(const Services& s, const RefreshToken& token, const Origin& origin) {
  const Time now = s.clock.now();
  const std::optional<RefreshClaim> claim = parse_refresh_token(s.server_key, token);
  if (!claim) {
    count(s.counters.refreshes_refused);
    // Not one of ours that is over, but a made-up one: that is counted against the address.
    const Attempt attempt = TRY(Attempt::begin(s, origin, UserId{}, ""));
    return record_failure(s, attempt, origin, {"refresh", UserId{}, "refused"}, invalid_token());
  }
  const Result<Refreshed> refreshed = s.store.write(
      [&](store::WriteTxn& tx) -> Result<Refreshed> { return rotate(s, tx, *claim, origin, now); });
  if (!refreshed) {
    count(s.counters.refreshes_refused);
    return refreshed.error();
  }
  switch (refreshed->rotation) {
    case Rotation::rotated: count(s.counters.refreshes_rotated); break;
    case Rotation::repeated: count(s.counters.refreshes_repeated); break;
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

Result<AccessToken> renew_token(const Services& s, const Caller& caller,
                                std::string_view presented) {
  const tables::Session& session = caller.session();
  if (!config::compat_api(session.api).renews_tokens) return AccessToken(std::string(presented));
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
          std::max(row.expires_at, session_end(s.config, row.api, row.created_at, now));
      tables::update_session(tx, row);
      return row;
    }));
  }
  return TRY(mint_access_token(s, renewed, caller.roles(), life, now)).token;
}

Result<void> end_session_of(const Services& s, const RefreshToken& token, const Origin& origin) {
  const std::optional<RefreshClaim> claim = parse_refresh_token(s.server_key, token);
  if (!claim) return {};
  TRY(end_session(s, claim->session_id, origin));
  return {};
}

Result<bool> end_session(const Services& s, std::string_view session_id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    const std::optional<tables::Session> session = tables::find_session(tx, session_id);
    if (!session) return false;
    tables::delete_session(tx, *session);
    audit(s, tx, origin, {"session_ended", session->user}, now);
    return true;
  });
}

Result<void> end_own_session(const Services& s, UserId user, std::string_view session_id,
                             const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::Session> session = tables::find_session(tx, session_id);
    if (!session || session->user != user) {
      // One answer for both: no oracle for the ids of others.
      return Error{ErrorCode::not_found, "There is no such session."};
    }
    tables::delete_session(tx, *session);
    audit(s, tx, origin, {"session_ended", user}, now);
    return {};
  });
}

Result<void> end_all_sessions(const Services& s, UserId user_id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, user_id);
    if (!user) return Error{ErrorCode::not_found, "There is no such user."};
    user->session_epoch += 1;
    tables::put_user(tx, *user);
    audit(s, tx, origin, {"sessions_ended", user_id}, now);
    return {};
  });
}

Result<std::vector<tables::Session>> list_sessions(const Services& s, UserId user_id, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Session>> {
    const std::optional<tables::User> user = tables::find_user(tx, user_id);
    if (!user) return Error{ErrorCode::not_found, "There is no such user."};
    std::vector<tables::Session> sessions = tables::sessions_of(tx, user_id, kMaxListedSessions);
    std::erase_if(sessions,
                  [&](const tables::Session& session) { return !is_alive(session, *user, now); });
    std::sort(sessions.begin(), sessions.end(),
              [](const tables::Session& a, const tables::Session& b) {
                return a.rotated_at > b.rotated_at;
              });
    return sessions;
  });
}

std::string session_text(std::string_view id) {
  return base64url_encode(id);
}

std::optional<std::string> parse_session_id(std::string_view text) {
  std::optional<std::string> id = base64url_decode(text);
  if (!id || id->size() != kSessionIdBytes) return std::nullopt;
  return id;
}

}  // namespace authd::auth
