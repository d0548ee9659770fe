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

}  // namespace authd::test
