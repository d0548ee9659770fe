#include "server/watchdog.h"

namespace authd::server {

Watchdog::Watchdog(store::Store& store, std::function<http::Progress()> progress)
    : store_(store), progress_(std::move(progress)), before_(progress_()) {
  thread_ = std::thread([this] { ask_store(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::string_view Watchdog::look() {
  http::Progress now = progress_();
  // A restart would not get a lock that another process holds, and meanwhile tokens are still
  // checked.
  const bool is_held_up = store_.write_waits() > Milliseconds(0);
  if (is_held_up) now.writes.queued = now.slow.queued = 0;
  const std::string_view stuck = http::stuck_part(before_, now);
  before_ = now;
  const std::lock_guard lock(mutex_);
  if (is_asked_) return is_held_up ? stuck : "store";
  is_asked_ = true;
  wake_.notify_all();
  return stuck;
}

// On its own thread, because a store that hangs also blocks its caller.
void Watchdog::ask_store() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return is_ending_ || is_asked_; });
    if (is_ending_) return;
    lock.unlock();
    // If both calls return, their result does not matter. The write stops short of a commit,
    // because a commit would make the store look writable again on a full disk.
    static_cast<void>(store_.read([](store::ReadTxn& tx) -> Result<void> {
      static_cast<void>(tx.get("watchdog"));
      return {};
    }));
    static_cast<void>(store_.write([](store::WriteTxn&) -> Result<void> {
      return Error{ErrorCode::unavailable, "only a question of the watchdog"};
    }));
    lock.lock();
    is_asked_ = false;
  }
}

}  // namespace authd::server
