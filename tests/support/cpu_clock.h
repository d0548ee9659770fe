// A clock whose steady time is the processor time of the calling thread: it measures work, whatever
// else the machine does meanwhile.
#pragma once

#include <ctime>

#include "base/time.h"

namespace authd::test {

class CpuClock final : public Clock {
 public:
  Time now() const override { return system_.now(); }
  SteadyTime steady_now() const override {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return SteadyTime(std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec));
  }

 private:
  SystemClock system_;
};

// Whether `work` takes this thread less than 20 s of its processor. The bound tells linear work,
// which takes milliseconds, from quadratic or unbounded work, which takes minutes; it holds in
// sanitizer builds and on slow machines too.
template <typename Work>
bool costs_little(const Work& work) {
  const CpuClock clock;
  const SteadyTime start = clock.steady_now();
  work();
  return clock.steady_now() - start < Seconds(20);
}

}  // namespace authd::test
