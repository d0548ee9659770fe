// Tells other programs of events, on threads of its own: one makes deliveries of the audit log
// (auth/webhooks/webhook_fan_out.h) and looks for what is due, the others send it
// (auth/webhooks/webhook_sender.h). An endpoint that does not answer occupies one of them, for
// auth::kWebhookTimeout.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "auth/core/services.h"
#include "auth/webhooks/webhook_fan_out.h"
#include "auth/webhooks/webhook_sender.h"

namespace authd::server {

// Runs until it is destroyed. Requests in progress are given up, and are due with the next start.
// Of several servers on the same data, the one that leads does this; what it has claimed, it sends
// even if it leads no longer. With webhooks.enabled off it only measures.
class WebhookRunner {
 public:
  WebhookRunner(const auth::Services& services, fetch::Client& remote);
  ~WebhookRunner();
  // Sends no more; the destructor waits for the end.
  void begin_end();
  WebhookRunner(const WebhookRunner&) = delete;
  WebhookRunner& operator=(const WebhookRunner&) = delete;

  // At most a few seconds old.
  struct State {
    std::atomic<uint64_t> waiting{0};
    std::atomic<uint64_t> dead{0};
    std::atomic<uint64_t> lost{0};
    std::atomic<int64_t> lag_s{0};  // the age of the oldest that waits
  };
  const State& state() const { return state_; }

 private:
  void look();
  void send();
  Result<void> look_once();
  Result<void> look_after();
  bool wait_for_sender();
  Result<void> fan_out();
  Result<void> tidy();
  Result<void> measure();
  // Gives a batch to a sender, and waits until it has taken it. False: the end has begun.
  bool hand_over(auth::WebhookBatch batch);
  void need_sender();
  void end();

  const auth::Services& services_;
  auth::WebhookFanOut fan_out_;
  auth::WebhookSender sender_;
  State state_;
  std::optional<SteadyTime> measured_at_;
  std::optional<SteadyTime> swept_at_;
  std::mutex mutex_;
  std::condition_variable wake_;  // of everybody: the end, a batch, a batch that was taken
  std::atomic<bool> is_ending_{false};
  std::optional<auth::WebhookBatch> next_;
  size_t idle_ = 0;                   // senders that wait for a batch
  std::vector<std::thread> sending_;  // at most auth::kWebhookSlots, begun when they are needed
  std::thread looking_;
};

}  // namespace authd::server
