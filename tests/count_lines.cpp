// Whether a program that counts its lines writes the counters when it ends: only for a test that
// wants them (coverage.cmake).
#include <cstdlib>

extern "C" {
// The function of libgcov that every counted source calls at the end, and the one that is linked in
// its place (ld --wrap).
void __real___gcov_exit();
void __wrap___gcov_exit() {
  if (std::getenv("COUNT_LINES")) __real___gcov_exit();
}
}
