#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace authd {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "authd: bug at %s:%d: CHECK(%s) failed\n", file, line, condition);
  std::abort();
}

}  // namespace authd
