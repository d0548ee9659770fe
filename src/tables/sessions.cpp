#include "tables/sessions.h"

namespace authd::tables {
namespace {

std::string index_key(UserId user, std::string_view session_id) {
  std::string key = big_endian(user.value);
  key += session_id;
  return key;
}

}  // namespace

std::optional<Time> idle_end(const Session& session, const User& user) {
  if (session.idle_ms == 0) return std::nullopt;
  const Time seen = std::max({user.last_activity, session.rotated_at, session.auth_time});
  return seen + Milliseconds(session.idle_ms) + kActivityLag;
}

std::optional<Session> find_session(store::Reader& tx, std::string_view id) {
  return sessions.find(tx, id);
}

void insert_session(store::WriteTxn& tx, const Session& session) {
  sessions.put(tx, session.id, session);
  user_sessions.put(tx, index_key(session.user, session.id), Mark{});
  const Milliseconds idle(session.idle_ms);
  const Time idle_at = session.auth_time + idle + kActivityLag;
  const Time due =
      session.idle_ms == 0 ? session.expires_at : std::min(session.expires_at, idle_at);
  add_expiry(tx, due, sessions.prefix(), session.id);
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
  Time due = session->expires_at;
  if (session->idle_ms != 0) {
    const std::optional<User> user = users.find(tx, big_endian(session->user.value));
    due = user ? std::min(due, *idle_end(*session, *user)) : now;
  }
  if (due > now) return due;
  delete_session(tx, *session);
  return std::nullopt;
}

}  // namespace authd::tables
