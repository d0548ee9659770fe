#include "base/boot_time.h"

#include <ctime>

namespace authd {

Milliseconds boot_time() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return Milliseconds(int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000);
}

}  // namespace authd
