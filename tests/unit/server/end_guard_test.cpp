#include "server/end_guard.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "support/forked.h"
#include "support/memory_store.h"

using namespace authd;

namespace {

class NotedStore : public store::Store {
 public:
  store::Stats stats() override { return below_.stats(); }
  void stop_waiting() override { is_asked = true; }
  std::atomic<bool> is_asked = false;

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override {
    return read_through(below_, fn);
  }
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override {
    return write_through(below_, fn);
  }

 private:
  test::MemoryStore below_;
};

}  // namespace

TEST_CASE("an end that takes its time makes writes wait for no other process") {
  NotedStore store;
  // Long enough not to end this process.
  server::EndGuard guard(store, null_log(), std::chrono::hours(1));
  guard.arm(Milliseconds(1));
  while (!store.is_asked)
    std::this_thread::yield();
}

TEST_CASE("an end in time is nobody's business") {
  NotedStore store;
  {
    server::EndGuard guard(store, null_log());
    guard.arm(std::chrono::hours(1));
  }
  { const server::EndGuard unused(store, null_log()); }
  CHECK_FALSE(store.is_asked);
}

TEST_CASE("a process that hangs is ended, within five seconds of server.drain_timeout") {
  CHECK(server::EndGuard::kRest < std::chrono::seconds(5));
  const auto hang = [] {
    NotedStore store;
    server::EndGuard guard(store, null_log(), Milliseconds(1));
    guard.arm(Milliseconds(1));
    while (true)
      pause();
    return 0;
  };
  CHECK(test::is_exit(test::status_behind([] { return 0; }, hang), server::EndGuard::kExitCode));
}
