// Whether the server gets on, for systemd's watchdog, which restarts one that does not. What is
// asked is what a restart can cure: threads that hang. A full disk, a store that answers with
// errors or waits for another process, and a server with too much to do are no reason.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "http/progress.h"
#include "store/store.h"

namespace authd::server {

class Watchdog {
 public:
  // Both outlive it. `progress` tells of the front.
  Watchdog(store::Store& store, std::function<http::Progress()> progress);
  ~Watchdog();  // waits for the store, if it is just being asked
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // What has not moved since the last look, in words for the log; empty when everything has. Never
  // waits. The looks have to lie seconds apart (http/progress.h).
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
