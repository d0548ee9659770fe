// Tells applications of sign-outs, on threads of its own: one looks for what is to be told, the
// others send it (auth/oauth/logouts/logout_sender.h). An application that does not answer occupies
// one of them, for auth::kLogoutTimeout.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "auth/core/services.h"
#include "auth/oauth/logouts/logout_sender.h"

namespace authd::server {

// Runs until it is destroyed. Requests in progress are given up, and are due with the next start.
// Of several servers on the same data, the one that leads looks for what is to be told; what it has
// claimed, it sends even if it leads no longer.
class LogoutRunner {
 public:
  static constexpr size_t kSenders = 4;

  LogoutRunner(const auth::Services& services, fetch::Client& remote);
  ~LogoutRunner();
  // Sends no more; the destructor waits for the end.
  void begin_end();
  LogoutRunner(const LogoutRunner&) = delete;
  LogoutRunner& operator=(const LogoutRunner&) = delete;

  // Deliveries that wait, at most a few seconds old.
  uint64_t waiting() const { return waiting_; }

 private:
  void look();
  void send();
  Result<void> look_once();
  Result<void> expand();
  Result<void> measure();
  // Gives a batch to a free sender, and waits for one. False: the end has begun.
  bool hand_over(auth::LogoutBatch batch);
  void end();

  const auth::Services& services_;
  auth::LogoutSender sender_;
  std::atomic<uint64_t> waiting_{0};
  SteadyTime measured_at_{};
  std::mutex mutex_;
  std::condition_variable wake_;  // of everybody: the end, a batch, a batch that was taken
  std::atomic<bool> is_ending_{false};
  std::optional<auth::LogoutBatch> next_;
  std::thread looking_;
  std::array<std::thread, kSenders> sending_;
};

}  // namespace authd::server
