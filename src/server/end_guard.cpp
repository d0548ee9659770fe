#include "server/end_guard.h"

#include <unistd.h>

namespace authd::server {
namespace {

// Another thread writes the log line.
constexpr Milliseconds kForTheLog{200};

}  // namespace

// The thread starts with the others: later there may be no memory for it.
EndGuard::EndGuard(store::Store& store, Log& log, Milliseconds rest)
    : store_(store), log_(log), rest_(rest) {
  thread_ = std::thread([this] { watch(); });
}

EndGuard::~EndGuard() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void EndGuard::arm(Milliseconds patience) {
  {
    const std::lock_guard lock(mutex_);
    patience_ = patience;
  }
  wake_.notify_all();
}

void EndGuard::watch() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return is_over_ || patience_; });
  if (is_over_) return;
  if (wake_.wait_for(lock, *patience_, [&] { return is_over_; })) return;
  store_.stop_waiting();
  if (wake_.wait_for(lock, rest_, [&] { return is_over_; })) return;
  log_.error("exiting although something still hangs; everything acknowledged is on disk",
             {{"exit_code", kExitCode}});
  std::this_thread::sleep_for(kForTheLog);
  _exit(kExitCode);
}

}  // namespace authd::server
