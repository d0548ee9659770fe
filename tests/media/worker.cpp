// The worker of media/worker.h as a separate program, for unit tests, whose executable is not
// authd.
#include "media/worker.h"

int main() {
  return authd::media::run_worker();
}
