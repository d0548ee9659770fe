// Sessions: one per login or issued token; its kind says what keeps it (tables/rows/rows.h). A
// session is alive while its row exists, it has not expired, it was not created in the future (by
// more than a day: the clock was wrong then), its user exists and is active, and its epoch equals
// the user's. "End all sessions" only increments the user's epoch, which also ends a session that
// is being created at the same moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/caller.h"
#include "auth/core/logout_notices.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

// The maximum number of sessions of one kind per user; kinds do not displace one another. For
// browsers and programs that log in, the least recently used session is evicted, and simultaneous
// logins may exceed the limit until the next login. For issued tokens, a further one is refused
// (token_issue.h).
constexpr size_t max_sessions(tables::SessionKind kind) {
  switch (kind) {
    case tables::SessionKind::browser:
    case tables::SessionKind::tokens:
    case tables::SessionKind::issued: return 100;
  }
  return 0;
}

// A session or key that was created later than this after now is from a time when the clock was
// wrong: it must not be valid until its time comes. A smaller step back invalidates nothing.
inline constexpr Milliseconds kMaxStepBack = std::chrono::hours(24);

struct LiveSession {
  tables::Session session;
  tables::User user;
  std::string device = {};  // of the login that starts it: its id (known_devices.h)
};

// The session and its user, if both exist.
std::optional<LiveSession> find_session_and_user(store::Reader& tx, std::string_view id,
                                                 Trace* trace = nullptr);

// Whether the session is alive at `now`, according to these rows.
bool is_alive(const tables::Session& session, const tables::User& user, Time now,
              Trace* trace = nullptr);

// The session and its user, if the session is alive at `now`.
std::optional<LiveSession> find_live_session(store::Reader& tx, std::string_view id, Time now,
                                             Trace* trace = nullptr);

// Whether the session is alive and belongs to the user.
bool is_session_of(store::Reader& tx, std::optional<std::string_view> id, UserId user, Time now);

// True when the user was idle for longer than tokens.idle_timeout: the session has ended.
bool is_idle(const config::Config& config, const tables::Session& session, const tables::User& user,
             Time now, Trace* trace = nullptr);

// Whether is_alive() and not is_idle() hold for the session of the standing, which must have one.
bool is_in_use(const config::Config& config, const Standing& standing, Time now, Trace* trace);

// The end of a session of the client (config/client_profile.h; empty: the canonical API) that is
// used at `now`.
Time session_end(const config::Config& config, std::string_view client, Time created, Time now);

// A row for a session that begins now, not yet in the store. `amr` is how the user authenticated
// (RFC 8176: "pwd"); empty for an operator's token.
tables::Session new_session(const Services& s, const Origin& origin, tables::SessionKind kind,
                            std::vector<std::string> amr, Time now);
// The same for a login, with the kind that it requests: a cookie or tokens.
tables::Session new_session(const Services& s, const Origin& origin, std::vector<std::string> amr,
                            Time now);

// Stores the session for the user, inside the transaction that decided the login. A browser session
// replaces the previous one of the same browser, along with its cookie: that one ends (ASVS 7.2.4).
inline constexpr size_t kStartSessionWrites =
    decltype(tables::sessions)::kInsertWrites + kRemoveSessionWrites + kAuditWrites;
void start_session(const Services& s, store::WriteTxn& tx, tables::Session& session,
                   const tables::User& user, const Origin& origin, Time now);

// Records that the session was used at `now`: its end moves as in a refresh.
void extend_session(const config::Config& config, store::WriteTxn& tx, std::string_view id,
                    Time now);

// The sessions of the kind to evict before another one is created: usually none or one, more after
// simultaneous logins, and at most kMaxEvictions, so that the login has room for its own writes.
// Read them before the login's write transaction.
inline constexpr size_t kMaxEvictions = 2;
// The one that the login continues (start_session()) is neither evicted nor counted.
std::vector<tables::Session> sessions_to_evict(store::ReadTxn& tx, const tables::User& user,
                                               tables::SessionKind kind, const Origin& origin,
                                               Time now);

// Ends the session of the refresh token, whatever its generation. If there is none, this is not an
// error.
Result<void> end_session_of(const Services& s, const RefreshToken& token, const Origin& origin);

// Ends one session. Returns false when it does not exist. Error: `forbidden`, "beyond_api_key"
// (auth/core/key_reach.h).
Result<bool> end_session(const Services& s, std::string_view session_id, const Origin& origin);

// Ends the session if it belongs to the user; otherwise `not_found`.
Result<void> end_own_session(const Services& s, UserId user, std::string_view session_id,
                             const Origin& origin);

// Ends all sessions of the user. Errors: `not_found` when the user does not exist; as above.
Result<void> end_all_sessions(const Services& s, UserId user, const Origin& origin);

// The user's live sessions, most recently used first; only those of `kind` if it is set. Error:
// `not_found` when the user does not exist.
Result<std::vector<tables::Session>> list_sessions(const Services& s, UserId user, Time now,
                                                   std::optional<tables::SessionKind> kind = {});

// Increments the user's epoch; `keep_session` moves to the new epoch if it is alive. Every change
// of how the account is accessed does this, so it also ends the trust in devices (known_devices.h).
// The caller writes the user (kRaiseSessionEpochWrites and one for the session).
void end_other_sessions(store::WriteTxn& tx, tables::User& user, std::string_view keep_session);

// The id as text in tokens, URLs and lists.
std::string session_text(std::string_view id);
// The inverse; nullopt when the text is not a session id.
std::optional<std::string> parse_session_id(std::string_view text);

}  // namespace authd::auth
