#include "server/watchdog.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>

#include "support/memory_store.h"

using namespace authd;

namespace {

// Its writes wait while they are held up.
class StalledStore : public store::Store {
 public:
  void hold() { set(true); }
  void let_go() { set(false); }
  // Whether a write waits now.
  bool is_holding_one() const { return is_holding_one_; }
  store::Stats stats() override { return below_.stats(); }
  // Whether it is another process that holds them up.
  std::atomic<bool> is_held_by_another = false;
  Milliseconds write_waits() override { return Milliseconds(is_held_by_another ? 1 : 0); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override {
    return read_through(below_, fn);
  }
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override {
    std::unique_lock lock(mutex_);
    is_holding_one_ = is_held_;
    wake_.wait(lock, [&] { return !is_held_; });
    is_holding_one_ = false;
    return write_through(below_, fn);
  }

 private:
  void set(bool is_held) {
    const std::lock_guard lock(mutex_);
    is_held_ = is_held;
    wake_.notify_all();
  }

  test::MemoryStore below_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_held_ = false;
  std::atomic<bool> is_holding_one_ = false;
};

// A front that makes progress.
std::function<http::Progress()> busy_front() {
  return [ticks = uint64_t{0}]() mutable {
    http::Progress progress;
    progress.ticks = ++ticks;
    return progress;
  };
}

// Repeats until the store has answered the previous look.
void look_until_well(server::Watchdog& watchdog) {
  while (!watchdog.look().empty())
    std::this_thread::yield();
}

}  // namespace

TEST_CASE("a store that hangs is a stuck part, and none any more when it goes on") {
  StalledStore store;
  server::Watchdog watchdog(store, busy_front());
  look_until_well(watchdog);
  look_until_well(watchdog);
  store.hold();
  // The probe of the previous look may be held up or already past that point; then the next one is
  // held up.
  while (!store.is_holding_one()) {
    static_cast<void>(watchdog.look());
    std::this_thread::yield();
  }
  CHECK(watchdog.look() == "store");
  CHECK(watchdog.look() == "store");
  // A restart would not get what another process holds either.
  store.is_held_by_another = true;
  CHECK(watchdog.look().empty());
  store.is_held_by_another = false;
  CHECK(watchdog.look() == "store");
  store.let_go();
  look_until_well(watchdog);
  CHECK(store.stats().writes == 0);
}

TEST_CASE("the front is asked as well") {
  StalledStore store;
  server::Watchdog watchdog(store, [] { return http::Progress(); });
  CHECK(watchdog.look() == "deadlines of connections");
}
