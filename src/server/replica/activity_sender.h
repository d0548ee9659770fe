// Tells the main server what was used at a replica: a person who only meets applications behind it
// must not be taken for idle.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "auth/core/services.h"
#include "server/replica/main_server.h"

namespace authd::server {

// Sends every few seconds, until it is destroyed, and then once more. What cannot be sent is kept.
class ActivitySender {
 public:
  // Both outlive it; nobody else uses `main`.
  ActivitySender(const auth::Services& services, MainServer& main);
  ~ActivitySender();
  ActivitySender(const ActivitySender&) = delete;
  ActivitySender& operator=(const ActivitySender&) = delete;

 private:
  void run();
  bool send_some();

  const auth::Services& services_;
  MainServer& main_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_ending_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace authd::server
