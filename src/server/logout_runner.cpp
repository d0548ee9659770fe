#include "server/logout_runner.h"

#include <new>
#include <system_error>

#include "auth/core/logout_notices.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "base/out_of_memory.h"

namespace authd::server {
namespace {

constexpr Milliseconds kLookEvery = Seconds(1);
constexpr Milliseconds kMeasureEvery = Seconds(5);
// After a fault of the store, so that a full disk does not become a storm of attempts.
constexpr Milliseconds kPauseAfterFault = Seconds(30);

// The place where these threads catch a lack of memory (base/out_of_memory.h).
template <typename Work>
Result<void> shielded(const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace

LogoutRunner::LogoutRunner(const auth::Services& services, fetch::Client& remote)
    : services_(services), sender_(services, remote) {
  try {
    for (std::thread& thread : sending_)
      thread = std::thread([this] { send(); });
    looking_ = std::thread([this] { look(); });
  } catch (const std::system_error&) {
    end();
    throw;
  }
}

LogoutRunner::~LogoutRunner() {
  end();
}

void LogoutRunner::begin_end() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
}

void LogoutRunner::end() {
  begin_end();
  if (looking_.joinable()) looking_.join();
  for (std::thread& thread : sending_) {
    if (thread.joinable()) thread.join();
  }
}

void LogoutRunner::look() {
  while (!is_ending_) {
    const Result<void> done = shielded([&] { return look_once(); });
    if (!done) {
      services_.log.error("applications cannot be told of sign-outs",
                          {{"cause", done.error().message}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, done ? kLookEvery : kPauseAfterFault, [&] { return is_ending_.load(); });
  }
}

Result<void> LogoutRunner::look_once() {
  bool is_busy = false;
  while (!is_ending_ && services_.store.leads()) {
    TRY(expand());
    std::optional<auth::LogoutBatch> batch = TRY(sender_.take());
    if (!batch) break;
    is_busy = true;
    if (!hand_over(std::move(*batch))) break;
  }
  const SteadyTime now = services_.clock.steady_now();
  if (!is_busy && now - measured_at_ < kMeasureEvery) return {};
  measured_at_ = now;
  return measure();
}

Result<void> LogoutRunner::expand() {
  for (bool more = true; more && !is_ending_;)
    more = TRY(auth::expand_notices(services_)).more;
  return {};
}

bool LogoutRunner::hand_over(auth::LogoutBatch batch) {
  std::unique_lock lock(mutex_);
  if (is_ending_) {  // The senders may have gone: it is given back here.
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
void LogoutRunner::send() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return next_ || is_ending_; });
    if (!next_) return;
    const auth::LogoutBatch batch = std::move(*next_);
    next_.reset();
    wake_.notify_all();
    lock.unlock();
    const Result<void> done = shielded([&]() -> Result<void> {
      TRY(sender_.send(batch, [this] { return is_ending_.load(); }));
      return {};
    });
    if (!done) {
      services_.log.error("an application cannot be told of sign-outs",
                          {{"client_id", batch.client}, {"cause", done.error().message}});
    }
    lock.lock();
  }
}

Result<void> LogoutRunner::measure() {
  waiting_ = TRY(auth::waiting_logouts(services_.store));
  return {};
}

}  // namespace authd::server
