#include "http/front/waiting_lane.h"

#include <system_error>

namespace authd::http {

WaitingLane::WaitingLane(unsigned threads, size_t max_queue, std::function<void(Connection*)> serve)
    : max_queue_(max_queue), serve_(std::move(serve)) {
  threads_.reserve(threads);
  try {
    for (unsigned i = 0; i < threads; ++i)
      threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    stop();
    throw;
  }
}

WaitingLane::~WaitingLane() {
  stop();
}

bool WaitingLane::push(Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= max_queue_ || is_ending_) return false;
    queue_.push_back(connection);
  }
  wake_.notify_one();
  return true;
}

void WaitingLane::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

size_t WaitingLane::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

Progress::Lane WaitingLane::progress() const {
  const std::lock_guard lock(mutex_);
  return {finished_, queue_.size()};
}

void WaitingLane::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return is_ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Connection* connection = queue_.front();
    queue_.pop_front();
    lock.unlock();
    serve_(connection);
    lock.lock();
    ++finished_;
  }
}

}  // namespace authd::http
