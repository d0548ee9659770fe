#include "server/webhook_runner.h"

#include <new>
#include <system_error>

#include "auth/webhooks/webhook_queue.h"
#include "base/out_of_memory.h"

namespace authd::server {
namespace {

constexpr Milliseconds kWebhookLook = Seconds(1);
constexpr Milliseconds kWebhookMeasure = Seconds(5);
constexpr Milliseconds kWebhookSweep = std::chrono::hours(1);
// After a fault of the store, so that a full disk does not become a storm of attempts.
constexpr Milliseconds kWebhookPause = Seconds(30);

// The place where these threads catch a lack of memory (base/out_of_memory.h).
template <typename Work>
Result<void> with_memory(const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace

WebhookRunner::WebhookRunner(const auth::Services& services, fetch::Client& remote)
    : services_(services), fan_out_(services), sender_(services, remote) {
  sending_.reserve(auth::kWebhookSlots);
  looking_ = std::thread([this] { look(); });
}

WebhookRunner::~WebhookRunner() {
  end();
}

void WebhookRunner::begin_end() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
}

// Only the thread that looks begins others, so it goes first.
void WebhookRunner::end() {
  begin_end();
  if (looking_.joinable()) looking_.join();
  for (std::thread& thread : sending_)
    thread.join();
}

void WebhookRunner::look() {
  while (!is_ending_) {
    const Result<void> done = with_memory([&] { return look_once(); });
    if (!done) {
      services_.log.error("endpoints cannot be told of events", {{"cause", done.error().message}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, done ? kWebhookLook : kWebhookPause, [&] { return is_ending_.load(); });
  }
}

Result<void> WebhookRunner::look_once() {
  const bool is_on = services_.config.webhooks.enabled;
  while (is_on && !is_ending_ && services_.store.leads()) {
    TRY(fan_out());
    TRY(look_after());
    if (!wait_for_sender()) break;
    std::optional<auth::WebhookBatch> batch = TRY(sender_.take());
    if (!batch) break;
    if (!batch->ids.empty() && !hand_over(std::move(*batch))) break;
  }
  return look_after();
}

// By time, and not when nothing is left to send: there may always be more.
Result<void> WebhookRunner::look_after() {
  const SteadyTime now = services_.clock.steady_now();
  if (measured_at_ && now - *measured_at_ < kWebhookMeasure) return {};
  measured_at_ = now;
  if (services_.config.webhooks.enabled && services_.store.leads()) TRY(tidy());
  return measure();
}

Result<void> WebhookRunner::fan_out() {
  for (bool more = true; more && !is_ending_;)
    more = TRY(fan_out_.run()).more;
  return {};
}

Result<void> WebhookRunner::tidy() {
  while (!is_ending_ && TRY(auth::give_up_disabled(services_)) > 0)
    continue;
  const SteadyTime now = services_.clock.steady_now();
  if (swept_at_ && now - *swept_at_ < kWebhookSweep) return {};
  swept_at_ = now;
  while (!is_ending_ && TRY(auth::sweep_deliveries(services_)) > 0)
    continue;
  return {};
}

// A batch that was taken and finds nobody would be claimed for too long. False: nobody became free.
bool WebhookRunner::wait_for_sender() {
  std::unique_lock lock(mutex_);
  return wake_.wait_for(lock, kWebhookLook, [&] {
    return idle_ > 0 || sending_.size() < auth::kWebhookSlots || is_ending_;
  });
}

// Without a thread for it, the batch waits for one that is there; without any, it is given back.
void WebhookRunner::need_sender() {
  if (idle_ > 0 || sending_.size() == auth::kWebhookSlots) return;
  try {
    sending_.emplace_back([this] { send(); });
  } catch (const std::exception& error) {  // no thread, or no memory for one
    services_.log.warn("no thread for another endpoint", {{"cause", error.what()}});
  }
}

bool WebhookRunner::hand_over(auth::WebhookBatch batch) {
  std::unique_lock lock(mutex_);
  need_sender();
  if (is_ending_ || sending_.empty()) {  // It is given back here.
    lock.unlock();
    static_cast<void>(sender_.send(batch, [] { return true; }));
    return false;
  }
  next_ = std::move(batch);
  wake_.notify_all();
  // Until a sender has taken it: a further batch would only wait here, and be claimed meanwhile.
  wake_.wait(lock, [&] { return !next_ || is_ending_; });
  return !is_ending_;
}

// At the end, a batch that was handed over is given back unsent.
void WebhookRunner::send() {
  std::unique_lock lock(mutex_);
  while (true) {
    idle_ += 1;
    wake_.wait(lock, [&] { return next_ || is_ending_; });
    idle_ -= 1;
    if (!next_) return;
    const auth::WebhookBatch batch = std::move(*next_);
    next_.reset();
    wake_.notify_all();
    lock.unlock();
    const Result<void> done = with_memory([&]() -> Result<void> {
      TRY(sender_.send(batch, [this] { return is_ending_.load(); }));
      return {};
    });
    if (!done) {
      services_.log.error("an endpoint cannot be told of events",
                          {{"cause", done.error().message}});
    }
    lock.lock();
  }
}

Result<void> WebhookRunner::measure() {
  const auth::WebhookState state = TRY(auth::webhook_state(services_.store));
  state_.waiting = state.waiting;
  state_.dead = state.dead;
  state_.lost = state.lost;
  const Milliseconds age =
      state.waiting == 0 ? Milliseconds(0) : services_.clock.now() - state.oldest;
  state_.lag_s = std::max<int64_t>(std::chrono::duration_cast<Seconds>(age).count(), 0);
  return {};
}

}  // namespace authd::server
