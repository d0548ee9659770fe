// When something that another server publishes is fetched, such as its keys: when it is needed and
// the last copy is too old, and earlier, but not often, when something is missing from the copy.
// Not thread-safe.
#pragma once

#include <optional>

#include "base/time.h"

namespace authd::auth {

// A copy is fetched again after this time, so that a withdrawn key does not stay valid.
inline constexpr Milliseconds kCopyLife = std::chrono::hours(1);
// The minimum time between two fetches because something is missing: tokens name it, and they
// contain foreign text.
inline constexpr Milliseconds kRefetchPause = std::chrono::minutes(1);

class FetchTimes {
 public:
  bool is_fresh(SteadyTime now) const { return fetched_at_ && now < *fetched_at_ + kCopyLife; }
  // Whether a copy that is fresh may be replaced.
  bool may_refetch(SteadyTime now) const {
    return !refetched_at_ || now >= *refetched_at_ + kRefetchPause;
  }
  // Whether the last fetch failed, less than this time ago.
  bool has_failed(SteadyTime now, Milliseconds pause) const {
    return failed_at_ && now < *failed_at_ + pause;
  }

  void note_refetch(SteadyTime now) { refetched_at_ = now; }
  void note_success(SteadyTime now) {
    fetched_at_ = now;
    failed_at_.reset();
  }
  void note_failure(SteadyTime now) { failed_at_ = now; }

 private:
  std::optional<SteadyTime> fetched_at_;
  std::optional<SteadyTime> refetched_at_;
  std::optional<SteadyTime> failed_at_;
};

}  // namespace authd::auth
