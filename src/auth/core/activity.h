// When users, sessions kept in cookies and API keys were last used. A request only records this in
// memory; a job writes it to the store, so that each costs at most one write per minute, however
// busy it is. A clean stop loses nothing; a crash loses the last few seconds.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/core/services.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "tables/sessions.h"

namespace authd::auth {

// A stored time lags by at most this much.
inline constexpr Milliseconds kActivityStep = tables::kActivityLag;

// Thread-safe and bounded: beyond kMax notes between two writes, new ones are dropped.
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
    taken.reserve(std::min(limit, seen_.size()));  // Nothing after this allocates.
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

}  // namespace authd::auth
