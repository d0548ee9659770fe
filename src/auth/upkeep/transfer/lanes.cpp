#include "auth/upkeep/transfer/lanes.h"

namespace authd::auth::transfer {

Lanes::Lanes(size_t count, std::function<void(size_t)> work) : work_(std::move(work)) {
  for (size_t lane = 0; lane < count; ++lane)
    threads_.emplace_back([this, lane] { run(lane); });
}

Lanes::~Lanes() {
  wait();
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

void Lanes::start() {
  {
    const std::lock_guard lock(mutex_);
    round_ += 1;
    busy_ = threads_.size();
  }
  changed_.notify_all();
}

void Lanes::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return busy_ == 0; });
}

void Lanes::run(size_t lane) {
  uint64_t done = 0;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_over_ || round_ > done; });
      if (is_over_) return;
      done = round_;
    }
    work_(lane);
    const std::lock_guard lock(mutex_);
    busy_ -= 1;
    if (busy_ == 0) changed_.notify_all();
  }
}

}  // namespace authd::auth::transfer
