// When users were last seen. A request only notes it in memory; a job writes the notes down, so
// that a user costs at most one write a minute, however busy. Nothing is lost on a clean stop; a
// crash loses the last few seconds.
#pragma once

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "store/store.h"
#include "tables/sessions.h"

namespace authd::auth {

// A time that is written is at most this much behind.
inline constexpr Milliseconds kActivityStep = tables::kActivityLag;

// Thread-safe. Bounded: beyond kMaxUsers between two writes, users are not noted.
class ActivityNotes {
 public:
  static constexpr size_t kMaxUsers = 100'000;

  void note(UserId user, Time now);
  std::vector<std::pair<UserId, Time>> take(size_t limit);
  void give_back(const std::vector<std::pair<UserId, Time>>& notes);

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, Time> seen_;
};

// Writes a bounded piece of the notes down. Returns how many; on an Error they are kept.
Result<size_t> write_activity(store::Store& store, ActivityNotes& notes);
inline constexpr size_t kActivityBatch = 30;

}  // namespace authd::auth
