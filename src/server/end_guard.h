// Limits how long the server takes to end. Requests may finish for server.drain_timeout. If
// something still hangs then (a disk that does not answer), it would keep the process forever, and
// with it the port and the lock of the data directory.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "base/time.h"
#include "store/store.h"

namespace authd::server {

class EndGuard {
 public:
  // How long the process may take to end after server.drain_timeout.
  static constexpr Milliseconds kRest = std::chrono::seconds(4);
  // The exit code if it takes longer. Acknowledged writes are on the disk.
  static constexpr int kExitCode = 1;

  // Both outlive it.
  EndGuard(store::Store& store, Log& log, Milliseconds rest = kRest);
  // Destroyed when everything has ended normally.
  ~EndGuard();
  EndGuard(const EndGuard&) = delete;
  EndGuard& operator=(const EndGuard&) = delete;

  // After `patience`, writes no longer wait for other processes. After another `rest`, the process
  // ends.
  void arm(Milliseconds patience);

 private:
  void watch();

  store::Store& store_;
  Log& log_;
  const Milliseconds rest_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Milliseconds> patience_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace authd::server
