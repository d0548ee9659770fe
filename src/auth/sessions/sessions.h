// Sessions: one per login, and at once the family of its refresh tokens. A session is alive while
// its row is there, it has not expired and is not of the future (by more than a day: the clock was
// wrong when it was made), its user is there and active, and its epoch is the user's: "end all
// sessions" raises the epoch of the user, one row, and catches a session that is being made at the
// same moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

// A user has this many sessions; the one that was used least recently gives way. Logins side by
// side may exceed it until the next one.
inline constexpr size_t kMaxSessionsPerUser = 100;

// A session or key that was made later than this after now was made by a clock that was wrong, and
// since put right: it must not live until its day comes. A smaller step back ends nothing.
inline constexpr Milliseconds kMaxStepBack = std::chrono::hours(24);

struct LiveSession {
  tables::Session session;
  tables::User user;
};

// The session with its user when both are there.
std::optional<LiveSession> find_session_and_user(store::Reader& tx, std::string_view id,
                                                 Trace* trace = nullptr);

// Whether the session is alive at `now`, by these rows.
bool is_alive(const tables::Session& session, const tables::User& user, Time now,
              Trace* trace = nullptr);

// Both: the session with its user when it is alive at `now`.
std::optional<LiveSession> find_live_session(store::Reader& tx, std::string_view id, Time now,
                                             Trace* trace = nullptr);

// Whether the session is alive and the user's.
bool is_session_of(store::Reader& tx, std::string_view id, UserId user, Time now);

// True when the user did nothing for longer than tokens.idle_timeout: the session is over.
bool is_idle(const config::Config& config, const tables::Session& session, const tables::User& user,
             Time now, Trace* trace = nullptr);

// When a session of the API (config/compat.h; empty: the canonical one) ends that is used at `now`.
Time session_end(const config::Config& config, std::string_view api, Time created, Time now);

// A session row for a login that happens now, not yet in the store. `amr` is how the user proved
// who they are (RFC 8176: "pwd").
tables::Session new_session(const Services& s, const Origin& origin, std::vector<std::string> amr,
                            Time now);

// Puts the session into the store as the user's, inside the transaction that decided the login.
void start_session(store::WriteTxn& tx, tables::Session& session, const tables::User& user);

// The session was used at `now`: its end moves as a refresh would move it.
void extend_session(const config::Config& config, store::WriteTxn& tx, std::string_view id,
                    Time now);

// The sessions that must give way before another one is made: usually none or one, more after
// logins that ran side by side, and at most kMaxEvictions, so that a login has room for its own
// writes. Look before the login's write.
inline constexpr size_t kMaxEvictions = 4;
std::vector<tables::Session> sessions_to_evict(store::ReadTxn& tx, const tables::User& user,
                                               Time now);

// Ends the session of the refresh token, whatever its generation. Nothing to end is no error.
Result<void> end_session_of(const Services& s, const RefreshToken& token, const Origin& origin);

// Ends one session. Returns false when there was none.
Result<bool> end_session(const Services& s, std::string_view session_id, const Origin& origin);

// Ends the session if it is the user's own; `not_found` otherwise.
Result<void> end_own_session(const Services& s, UserId user, std::string_view session_id,
                             const Origin& origin);

// Ends all sessions of the user. `not_found` when there is no such user.
Result<void> end_all_sessions(const Services& s, UserId user, const Origin& origin);

// The user's live sessions, newest use first.
Result<std::vector<tables::Session>> list_sessions(const Services& s, UserId user, Time now);

// Raises the user's epoch, and takes the session along if it is alive. The caller puts the user.
void end_other_sessions(store::WriteTxn& tx, tables::User& user, std::string_view keep_session);

// The id as it stands in tokens, URLs and lists.
std::string session_text(std::string_view id);
// The inverse; nullopt when the text is no session id.
std::optional<std::string> parse_session_id(std::string_view text);

}  // namespace authd::auth
