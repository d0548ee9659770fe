#include "tables/sessions.h"

#include "tables/owned.h"

namespace authd::tables {

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
