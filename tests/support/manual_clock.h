// A clock that only moves when told to.
#pragma once

#include <atomic>

#include "base/time.h"

namespace authd::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = from_unix_seconds(1'800'000'000)) : now_(start) {}

  Time now() const override { return now_.load(); }
  SteadyTime steady_now() const override {
    return SteadyTime(
        std::chrono::duration_cast<SteadyTime::duration>(now_.load().time_since_epoch()));
  }
  void advance(Milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<Time> now_;
};

}  // namespace authd::test
