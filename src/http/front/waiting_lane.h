// Threads for requests that wait for something, behind a bounded queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/front/progress.h"

namespace authd::http {

class Connection;

// Thread-safe.
class WaitingLane {
 public:
  WaitingLane(unsigned threads, size_t max_queue, std::function<void(Connection*)> serve);
  ~WaitingLane();
  WaitingLane(const WaitingLane&) = delete;
  WaitingLane& operator=(const WaitingLane&) = delete;

  // False when the queue is full. Throws std::bad_alloc when there is no memory for it.
  bool push(Connection* connection);
  // Serves what is queued, then ends the threads.
  void stop();
  size_t queued() const;
  Progress::Lane progress() const;

 private:
  void run();

  const size_t max_queue_;
  const std::function<void(Connection*)> serve_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Connection*> queue_;
  uint64_t finished_ = 0;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace authd::http
