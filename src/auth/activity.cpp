#include "auth/activity.h"

#include <algorithm>

#include "tables/users.h"

namespace authd::auth {

void ActivityNotes::note(UserId user, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(user.value);
  if (found != seen_.end()) {
    found->second = std::max(found->second, now);
  } else if (seen_.size() < kMaxUsers) {
    seen_.emplace(user.value, now);
  }
}

std::vector<std::pair<UserId, Time>> ActivityNotes::take(size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<UserId, Time>> taken;
  while (!seen_.empty() && taken.size() < limit) {
    const auto first = seen_.begin();
    taken.emplace_back(UserId{first->first}, first->second);
    seen_.erase(first);
  }
  return taken;
}

void ActivityNotes::give_back(const std::vector<std::pair<UserId, Time>>& notes) {
  for (const auto& [user, time] : notes)
    note(user, time);
}

Result<size_t> write_activity(store::Store& store, ActivityNotes& notes) {
  const auto taken = notes.take(kActivityBatch);
  if (taken.empty()) return size_t{0};
  const Result<void> written = store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (const auto& [id, time] : taken) {
      std::optional<tables::User> user = tables::find_user(tx, id);
      if (!user || user->last_activity >= time) continue;
      user->last_activity = time;
      tables::put_user(tx, *user);
    }
    return {};
  });
  if (written) return taken.size();
  notes.give_back(taken);
  return written.error();
}

}  // namespace authd::auth
