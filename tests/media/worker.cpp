// The worker of media/worker.h as a program of its own, for unit tests, whose own executable is
// none of authd's.
#include "media/worker.h"

int main() {
  return authd::media::run_worker();
}
