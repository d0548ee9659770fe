// What was used when: users, sessions that cookies keep, API keys. A request only notes it in
// memory; a job writes the notes down, so that each costs at most one write a minute, however busy.
// Nothing is lost on a clean stop; a crash loses the last few seconds.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/services.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "tables/sessions.h"

namespace authd::auth {

// A time that is written is at most this much behind.
inline constexpr Milliseconds kActivityStep = tables::kActivityLag;

// Thread-safe. Bounded: beyond kMax between two writes, nothing new is noted.
template <typename Key>
class Notes {
 public:
  static constexpr size_t kMax = 100'000;
  using Taken = std::vector<std::pair<Key, Time>>;

  void note(const Key& key, Time now) {
    const std::lock_guard lock(mutex_);
    const auto found = seen_.find(key);
    if (found != seen_.end()) {
      found->second = std::max(found->second, now);
    } else if (seen_.size() < kMax) {
      seen_.emplace(key, now);
    }
  }
  Taken take(size_t limit) {
    const std::lock_guard lock(mutex_);
    Taken taken;
    taken.reserve(std::min(limit, seen_.size()));  // From here on nothing needs memory.
    while (!seen_.empty() && taken.size() < limit) {
      auto first = seen_.extract(seen_.begin());
      taken.emplace_back(std::move(first.key()), first.mapped());
    }
    return taken;
  }
  void give_back(const Taken& notes) {
    for (const auto& [key, time] : notes)
      note(key, time);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Key, Time> seen_;
};

class ActivityNotes {
 public:
  void note(UserId user, Time now) { users.note(user.value, now); }

  Notes<uint64_t> users;
  Notes<std::string> sessions;  // by raw id
  Notes<std::string> api_keys;  // by their key in the table
};

// Writes a bounded piece of the notes down. Returns how many; on an Error they are kept.
Result<size_t> write_activity(const Services& s);
inline constexpr size_t kActivityBatch = 30;
static_assert(kActivityBatch <= tables::kWriteBudget);  // a row each

}  // namespace authd::auth
