#include "tables/sessions.h"

#include "tables/owned.h"

namespace authd::tables {

// In schema 1 a login with a refresh token has a generation; the other two kinds have 0. A login
// records how the user proved who they are; an operator's token does not.
void Session::complete() {
  if (kind != SessionKind{}) return;
  if (generation != 0) {
    kind = SessionKind::tokens;
  } else {
    kind = amr.empty() ? SessionKind::issued : SessionKind::browser;
  }
}

std::string_view session_kind_name(SessionKind kind) {
  switch (kind) {
    case SessionKind::browser: return "browser";
    case SessionKind::tokens: return "tokens";
    case SessionKind::issued: return "issued";
  }
  return "unknown";
}

std::optional<SessionKind> parse_session_kind(std::string_view name) {
  for (const SessionKind kind : {SessionKind::browser, SessionKind::tokens, SessionKind::issued}) {
    if (session_kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<Session> find_session(store::Reader& tx, std::string_view id) {
  return sessions.find(tx, id);
}

void insert_session(store::WriteTxn& tx, const Session& session) {
  sessions.insert(tx, session);
}

void update_session(store::WriteTxn& tx, const Session& session) {
  sessions.rewrite(tx, session);
}

void delete_session(store::WriteTxn& tx, const Session& session) {
  sessions.remove(tx, session);
}

std::vector<Session> sessions_of(store::ReadTxn& tx, UserId user, size_t limit) {
  return rows_of(tx, sessions, user, limit);
}

}  // namespace authd::tables
