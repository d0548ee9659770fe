#include "auth/passwords/leak_queue.h"

namespace authd::auth {

void LeakQueue::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
}

bool LeakQueue::push(LeakCheck check) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_open_ || is_closed_) return true;
    if (waiting_.size() >= kMaxWaiting) return false;
    waiting_.push_back(std::move(check));
  }
  wake_.notify_one();
  return true;
}

std::optional<LeakCheck> LeakQueue::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return is_closed_ || !waiting_.empty(); });
  if (is_closed_) return std::nullopt;
  std::optional<LeakCheck> next(std::move(waiting_.front()));
  waiting_.pop_front();
  return next;
}

void LeakQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  wake_.notify_all();
}

}  // namespace authd::auth
