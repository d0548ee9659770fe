// Whether the server makes progress, for systemd's watchdog, which restarts it if not. It only
// looks for what a restart can cure: threads that hang. A full disk, a store that returns errors or
// waits for another process, and an overloaded server are not reasons.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "http/front/progress.h"
#include "store/store.h"

namespace authd::server {

class Watchdog {
 public:
  // Both must outlive it. `progress` is the front's.
  Watchdog(store::Store& store, std::function<http::Progress()> progress);
  ~Watchdog();  // waits for an answer of the store that is pending
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // What has made no progress since the last call, in words for the log; empty if nothing hangs.
  // Never waits. Calls must be seconds apart (http/front/progress.h).
  std::string_view look();

 private:
  void ask_store();

  store::Store& store_;
  const std::function<http::Progress()> progress_;
  http::Progress before_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_asked_ = false;  // and the store has not answered yet
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace authd::server
