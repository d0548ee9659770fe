// Sessions: one per login or issued token, of the kind that says what keeps it (tables/rows.h).
// A session is alive while
// its row is there, it has not expired and is not of the future (by more than a day: the clock was
// wrong when it was made), its user is there and active, and its epoch is the user's: "end all
// sessions" raises the epoch of the user, one row, and catches a session that is being made at the
// same moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

// How many sessions of the kind a user has at most. Kinds do not displace one another. Of browsers
// and programs that log in, the session that was used least recently gives way, and logins side by
// side may exceed the number until the next one. One token more than this is not issued
// (token_issue.h).
constexpr size_t max_sessions(tables::SessionKind kind) {
  switch (kind) {
    case tables::SessionKind::browser:
    case tables::SessionKind::tokens:
    case tables::SessionKind::issued: return 100;
  }
  return 0;
}

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

// Whether both say that the session behind the standing goes on; it has one.
bool is_in_use(const config::Config& config, const Standing& standing, Time now, Trace* trace);

// When a session of the API (config/compat.h; empty: the canonical one) ends that is used at `now`.
Time session_end(const config::Config& config, std::string_view api, Time created, Time now);

// A session row that begins now, not yet in the store. `amr` is how the user proved who they are
// (RFC 8176: "pwd"); empty for an operator's token.
tables::Session new_session(const Services& s, const Origin& origin, tables::SessionKind kind,
                            std::vector<std::string> amr, Time now);
// The same for a login, of the kind that it asks for: a cookie or tokens.
tables::Session new_session(const Services& s, const Origin& origin, std::vector<std::string> amr,
                            Time now);

// Puts the session into the store as the user's, inside the transaction that decided the login.
void start_session(store::WriteTxn& tx, tables::Session& session, const tables::User& user);

// The session was used at `now`: its end moves as a refresh would move it.
void extend_session(const config::Config& config, store::WriteTxn& tx, std::string_view id,
                    Time now);

// The sessions of the kind that must give way before another one of it is made: usually none or
// one, more after logins that ran side by side, and at most kMaxEvictions, so that a login has room
// for its own writes. Look before the login's write.
inline constexpr size_t kMaxEvictions = 4;
std::vector<tables::Session> sessions_to_evict(store::ReadTxn& tx, const tables::User& user,
                                               tables::SessionKind kind, Time now);

// Ends the session of the refresh token, whatever its generation. Nothing to end is no error.
Result<void> end_session_of(const Services& s, const RefreshToken& token, const Origin& origin);

// Ends one session. Returns false when there was none.
Result<bool> end_session(const Services& s, std::string_view session_id, const Origin& origin);

// Ends the session if it is the user's own; `not_found` otherwise.
Result<void> end_own_session(const Services& s, UserId user, std::string_view session_id,
                             const Origin& origin);

// Ends all sessions of the user. `not_found` when there is no such user.
Result<void> end_all_sessions(const Services& s, UserId user, const Origin& origin);

// The user's live sessions, newest use first; of one kind only when `kind` names one. Error:
// `not_found` when there is no such user.
Result<std::vector<tables::Session>> list_sessions(const Services& s, UserId user, Time now,
                                                   std::optional<tables::SessionKind> kind = {});

// Raises the user's epoch, and takes the session along if it is alive. The caller puts the user.
void end_other_sessions(store::WriteTxn& tx, tables::User& user, std::string_view keep_session);

// The id as it stands in tokens, URLs and lists.
std::string session_text(std::string_view id);
// The inverse; nullopt when the text is no session id.
std::optional<std::string> parse_session_id(std::string_view text);

}  // namespace authd::auth
