// Threads that all run the same work once per round and then wait for the next round.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace authd::auth::transfer {

class Lanes {
 public:
  // `work` is called with the number of the lane, on the lane's thread; it must not throw.
  Lanes(size_t count, std::function<void(size_t)> work);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // start() makes every lane work once; wait() returns when all have finished. One round at a time.
  void start();
  void wait();

 private:
  void run(size_t lane);

  std::function<void(size_t)> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t round_ = 0;
  size_t busy_ = 0;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace authd::auth::transfer
