#include "store/lmdb/stop_signal.h"

#include <sched.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <mutex>

namespace authd::store {
namespace {

// A signal handler may touch nothing else. Writes that are under way, or kStopping: none is, and
// none begins before the process has been continued.
std::atomic<int> g_writes = 0;
constexpr int kStopping = -1;
std::atomic<bool> g_is_asked = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void handle(int number);

void handle_by(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | SA_NODEFER;  // raise() acts at once
  sigaction(SIGTSTP, &action, nullptr);
}

// Leaves the decision to the system, which does not stop a process that no shell could continue.
// Returns when the process continues.
void stop() {
  handle_by(SIG_DFL);
  raise(SIGTSTP);
  handle_by(&handle);
}

// Stops now, or leaves that to the last of the writes.
void stop_between_writes() {
  for (int none = 0; !g_writes.compare_exchange_strong(none, kStopping); none = 0) {
    g_is_asked = true;
    // If the last one ended meanwhile, it may have looked before.
    if (g_writes != 0 || !g_is_asked.exchange(false)) return;
  }
  stop();
  g_is_asked = false;
  g_writes = 0;
}

void handle(int) {
  const int before = errno;
  stop_between_writes();
  errno = before;
}

}  // namespace

NotStopped::NotStopped() {
  int writes = g_writes;
  while (writes == kStopping || !g_writes.compare_exchange_weak(writes, writes + 1)) {
    if (writes != kStopping) continue;
    sched_yield();  // for the moment until the process stands still
    writes = g_writes;
  }
}

NotStopped::~NotStopped() {
  if (--g_writes == 0) stop_if_asked();
}

void NotStopped::take_over() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction now {};
    if (sigaction(SIGTSTP, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) handle_by(&handle);
  });
}

void NotStopped::stop_if_asked() {
  if (g_is_asked.exchange(false)) stop_between_writes();
}

}  // namespace authd::store
