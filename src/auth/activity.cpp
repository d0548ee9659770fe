#include "auth/activity.h"

#include "auth/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

void write_user(store::WriteTxn& tx, uint64_t id, Time time) {
  std::optional<tables::User> user = tables::find_user(tx, UserId{id});
  if (!user || user->last_activity >= time) return;
  user->last_activity = time;
  tables::put_user(tx, *user);
}

// What one kind of note becomes, in a transaction of its own.
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
  return std::max(users, sessions);
}

}  // namespace authd::auth
