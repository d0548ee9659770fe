#include "auth/sessions/activity_writer.h"

#include <algorithm>

#include "auth/core/activity.h"
#include "auth/sessions/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

void write_user(store::WriteTxn& tx, uint64_t id, Time time) {
  std::optional<tables::User> user = tables::find_user(tx, UserId{id});
  if (!user || user->last_activity >= time) return;
  user->last_activity = time;
  tables::put_user(tx, *user);
}

void write_api_key(store::WriteTxn& tx, const std::string& row, Time time) {
  std::optional<tables::ApiKey> key = tables::api_keys.find(tx, row);
  if (!key || key->last_used >= time) return;
  key->last_used = time;
  tables::api_keys.put(tx, row, *key);
}

// Writes the notes of one kind, in a transaction of its own.
template <typename Key, typename Write>
Result<size_t> write_notes(const Services& s, Notes<Key>& notes, Write write) {
  const auto taken = notes.take(kActivityBatch);
  if (taken.empty()) return size_t{0};
  const Result<void> written = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (const auto& [key, time] : taken)
      write(tx, key, time);
    return {};
  });
  if (written) return taken.size();
  notes.give_back(taken);
  return written.error();
}

}  // namespace

Result<size_t> write_activity(const Services& s) {
  const size_t users = TRY(write_notes(s, s.activity.users, &write_user));
  const size_t sessions = TRY(write_notes(
      s, s.activity.sessions, [&](store::WriteTxn& tx, const std::string& id, Time time) {
        extend_session(s.config, tx, id, time);
      }));
  const size_t keys = TRY(write_notes(s, s.activity.api_keys, &write_api_key));
  return std::max({users, sessions, keys});
}

}  // namespace authd::auth
