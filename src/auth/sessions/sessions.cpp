#include "auth/sessions/sessions.h"

#include <algorithm>
#include <utility>

#include "auth/core/activity.h"
#include "auth/core/audit/audit.h"
#include "auth/core/caller.h"
#include "auth/core/key_reach.h"
#include "auth/core/refresh_token.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "base/encoding.h"
#include "config/client_profile.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxUserAgent = 256;

// For all kinds together. It exceeds their limits, because simultaneous logins may do so, and
// because ended sessions count until they are swept.
constexpr size_t kMaxListedSessions = 4'000;

}  // namespace

Time session_end(const config::Config& config, std::string_view client, Time created, Time now) {
  const Milliseconds fixed = config::profile_of(client).session_ttl;
  const Milliseconds life = fixed == Milliseconds(0) ? config.tokens.refresh_ttl : fixed;
  return std::min(now + life, created + config.tokens.session_max_age);
}

std::optional<LiveSession> find_session_and_user(store::Reader& tx, std::string_view id,
                                                 Trace* trace) {
  std::optional<tables::Session> session = tables::find_session(tx, id);
  const bool is_there = passes(trace, "session", session.has_value(), [&] {
    return "session " + session_text(id) +
           (session ? " exists" : " has ended: logout, a reused refresh token, or expiry");
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
              is_past ? "not in the future" : "in the future: created while the clock was ahead")) {
    return false;
  }
  const bool is_current = session.epoch == user.session_epoch;
  if (!passes(trace, "sessions of the user", is_current,
              is_current ? "not ended since"
                         : "all sessions of the user were ended after this one began (a new "
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

bool is_session_of(store::Reader& tx, std::optional<std::string_view> id, UserId user, Time now) {
  const std::optional<LiveSession> live = id ? find_live_session(tx, *id, now) : std::nullopt;
  return live && live->user.id == user;
}

bool is_idle(const config::Config& config, const tables::Session& session, const tables::User& user,
             Time now, Trace* trace) {
  const std::optional<Time> own_end = tables::idle_end(session, user);
  const Time seen = std::max({user.last_activity, session.rotated_at, session.auth_time});
  // The stored times lag by up to one step.
  const bool is_slack = config.tokens.idle_timeout != Milliseconds(0) &&
                        seen + config.tokens.idle_timeout + kActivityStep < now;
  const bool is_over = (own_end && *own_end <= now) || is_slack;
  if (own_end || config.tokens.idle_timeout != Milliseconds(0)) {
    passes(trace, "idle", !is_over, [&] {
      return "the user was last seen at " + format_rfc3339(seen) +
             (is_over ? ", which exceeds the idle timeout" : "");
    });
  }
  return is_over;
}

bool is_in_use(const config::Config& config, const Standing& standing, Time now, Trace* trace) {
  const auto& session = std::get<tables::Session>(standing.behind);
  return is_alive(session, standing.user, now, trace) &&
         !is_idle(config, session, standing.user, now, trace);
}

tables::Session new_session(const Services& s, const Origin& origin, std::vector<std::string> amr,
                            Time now) {
  using tables::SessionKind;
  return new_session(s, origin, origin.wants_cookie ? SessionKind::browser : SessionKind::tokens,
                     std::move(amr), now);
}

tables::Session new_session(const Services& s, const Origin& origin, tables::SessionKind kind,
                            std::vector<std::string> amr, Time now) {
  tables::Session session;
  session.kind = kind;
  // The command line would mistake a text that begins with a dash for an option.
  do {
    session.id = s.random.bytes(kSessionIdBytes);
  } while (session_text(session.id).starts_with('-'));
  session.generation = kind == tables::SessionKind::tokens ? 1 : 0;
  session.created_at = now;
  session.rotated_at = now;
  session.expires_at = session_end(s.config, origin.client, now, now);
  session.auth_time = now;
  session.amr = std::move(amr);
  session.scope = kAccountScope;
  session.address = origin.address == IpAddress{} ? "" : origin.address.to_string();
  session.user_agent = origin.user_agent.substr(0, kMaxUserAgent);
  session.client = origin.client;
  session.idle_ms = static_cast<uint64_t>(config::profile_of(origin.client).idle_timeout.count());
  return session;
}

namespace {

// The browser session that the login takes the place of, and, if it is of the same person and
// alive, goes on with: its id with the next generation. A cookie that is older than the session's
// latest login takes the place of nothing.
void take_over(const Services& s, store::WriteTxn& tx, tables::Session& session,
               const tables::User& user, const Origin& origin, Time now) {
  if (session.kind != tables::SessionKind::browser || !origin.browser) return;
  const auto replaced = tables::find_session(tx, origin.browser->id);
  const bool is_its = replaced && replaced->kind == tables::SessionKind::browser &&
                      replaced->generation == origin.browser->generation;
  if (!is_its) return;
  const bool goes_on = replaced->user == user.id && is_alive(*replaced, user, now) &&
                       !is_idle(s.config, *replaced, user, now);
  if (goes_on) {
    tables::delete_session(tx, *replaced);
    session.id = replaced->id;
    session.generation = replaced->generation + 1;
  } else {
    remove_session(tx, *replaced);
    audit(s, tx, origin, {"session_ended", replaced->user, "ok", "", "replaced by a login"}, now);
  }
}

}  // namespace

void start_session(const Services& s, store::WriteTxn& tx, tables::Session& session,
                   const tables::User& user, const Origin& origin, Time now) {
  session.user = user.id;
  session.epoch = user.session_epoch;
  take_over(s, tx, session, user, origin, now);
  tables::insert_session(tx, session);
}

void extend_session(const config::Config& config, store::WriteTxn& tx, std::string_view id,
                    Time now) {
  std::optional<tables::Session> session = tables::find_session(tx, id);
  if (!session || session->rotated_at >= now) return;
  session->rotated_at = now;
  session->expires_at =
      std::max(session->expires_at, session_end(config, session->client, session->created_at, now));
  tables::update_session(tx, *session);
}

std::vector<tables::Session> sessions_to_evict(store::ReadTxn& tx, const tables::User& user,
                                               tables::SessionKind kind, const Origin& origin,
                                               Time now) {
  std::vector<tables::Session> sessions = tables::sessions_of(tx, user.id, kMaxListedSessions);
  std::erase_if(sessions, [&](const tables::Session& session) {
    return kind == tables::SessionKind::browser && origin.browser &&
           session.id == origin.browser->id && session.generation == origin.browser->generation;
  });
  std::erase_if(sessions, [&](const tables::Session& session) { return session.kind != kind; });
  const size_t most = max_sessions(kind);
  if (sessions.size() < most) return {};
  // Dead sessions are evicted before live ones.
  const auto rank = [&](const tables::Session& session) {
    return std::pair(is_alive(session, user, now), session.rotated_at);
  };
  std::sort(sessions.begin(), sessions.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  sessions.resize(std::min(sessions.size() - most + 1, kMaxEvictions));
  return sessions;
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
    const std::optional<tables::User> user = tables::find_user(tx, session->user);
    if (user) TRY(check_key_reach(tx, origin, *user));
    remove_session(tx, *session);
    // Without an actor, whoever had the session or its refresh token has ended it.
    const bool is_by_nobody = !origin.actor && origin.operator_name.empty();
    const Origin own = is_by_nobody ? by(origin, session->user) : origin;
    audit(s, tx, own, {"session_ended", session->user}, now);
    return true;
  });
}

Result<void> end_own_session(const Services& s, UserId user, std::string_view session_id,
                             const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::Session> session = tables::find_session(tx, session_id);
    if (!session || session->user != user) {
      // The same error in both cases, so that others' ids cannot be probed.
      return no_such_session();
    }
    remove_session(tx, *session);
    audit(s, tx, origin, {"session_ended", user}, now);
    return {};
  });
}

Result<void> end_all_sessions(const Services& s, UserId user_id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, user_id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    raise_session_epoch(tx, *user);
    raise_epoch(*user, Way::device);
    tables::put_user(tx, *user);
    audit(s, tx, origin, {"sessions_ended", user_id}, now);
    return {};
  });
}

Result<std::vector<tables::Session>> list_sessions(const Services& s, UserId user_id, Time now,
                                                   std::optional<tables::SessionKind> kind) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Session>> {
    const std::optional<tables::User> user = tables::find_user(tx, user_id);
    if (!user) return no_such_user();
    std::vector<tables::Session> sessions = tables::sessions_of(tx, user_id, kMaxListedSessions);
    std::erase_if(sessions, [&](const tables::Session& session) {
      return (kind && session.kind != *kind) || !is_alive(session, *user, now);
    });
    std::sort(sessions.begin(), sessions.end(),
              [](const tables::Session& a, const tables::Session& b) {
                return a.rotated_at > b.rotated_at;
              });
    return sessions;
  });
}

void end_other_sessions(store::WriteTxn& tx, tables::User& user, std::string_view keep_session) {
  // What makes the other sessions doubtful makes the trust in devices doubtful.
  raise_epoch(user, Way::trust);
  std::optional<tables::Session> kept = tables::find_session(tx, keep_session);
  const bool keeps = kept && kept->user == user.id && kept->epoch == user.session_epoch;
  raise_session_epoch(tx, user);
  if (!keeps) return;
  kept->epoch = user.session_epoch;
  tables::update_session(tx, *kept);
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
