// The end of the server has an end. Requests may finish for server.drain_timeout; what then still
// hangs (a disk that does not answer) would keep the process for ever, and with it the port and the
// lock of the data directory.
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
  // How long the process may take to end once its requests may not go on any longer.
  static constexpr Milliseconds kRest = std::chrono::seconds(4);
  // The exit code then. What was acknowledged is on the disk.
  static constexpr int kExitCode = 1;

  // Both outlive it.
  EndGuard(store::Store& store, Log& log, Milliseconds rest = kRest);
  // All has ended as it should.
  ~EndGuard();
  EndGuard(const EndGuard&) = delete;
  EndGuard& operator=(const EndGuard&) = delete;

  // After `patience` writes do not wait for other processes any more; `rest` later the process
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
