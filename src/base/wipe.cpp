#include "base/wipe.h"

#include <cstring>

namespace authd {

void wipe(char* bytes, size_t count) {
  explicit_bzero(bytes, count);
}

// Not inlined: its frame must begin where those of the functions before it began.
[[gnu::noinline]] void wipe_stack() {
  __attribute__((uninitialized)) char used[kWipedStack];
  explicit_bzero(used, sizeof used);
}

}  // namespace authd
