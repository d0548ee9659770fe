#include "tables/sessions.h"

namespace authd::tables {
namespace {

std::string index_key(UserId user, std::string_view session_id) {
  std::string key = big_endian(user.value);
  key += session_id;
  return key;
}

}  // namespace

std::optional<Session> find_session(store::Reader& tx, std::string_view id) {
  return sessions.find(tx, id);
}

void insert_session(store::WriteTxn& tx, const Session& session) {
  sessions.put(tx, session.id, session);
  user_sessions.put(tx, index_key(session.user, session.id), Mark{});
  add_expiry(tx, session.expires_at, sessions.prefix(), session.id);
}

void update_session(store::WriteTxn& tx, const Session& session) {
  sessions.put(tx, session.id, session);
}

void delete_session(store::WriteTxn& tx, const Session& session) {
  sessions.del(tx, session.id);
  user_sessions.del(tx, index_key(session.user, session.id));
}

std::vector<Session> sessions_of(store::ReadTxn& tx, UserId user, size_t limit) {
  std::vector<Session> found;
  const std::string prefix = big_endian(user.value);
  user_sessions.scan(tx, prefix, end_of_prefix(prefix), [&](std::string_view key, const Mark&) {
    if (std::optional<Session> session = find_session(tx, key.substr(prefix.size()))) {
      found.push_back(std::move(*session));
    }
    return found.size() < limit;
  });
  return found;
}

std::optional<Time> expire_session(store::WriteTxn& tx, std::string_view key, Time now) {
  const std::optional<Session> session = find_session(tx, key);
  if (!session) return std::nullopt;
  if (session->expires_at > now) return session->expires_at;
  delete_session(tx, *session);
  return std::nullopt;
}

}  // namespace authd::tables
