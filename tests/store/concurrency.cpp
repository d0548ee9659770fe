// What every engine does for many concurrent callers.
#include <atomic>
#include <thread>

#include "engines.h"
#include "scratch.h"

using namespace authd;
using namespace authd::store;
using authd::test::Engine;
using authd::test::number;
using authd::test::on_threads;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 40;
#else
constexpr int kRounds = 150;
#endif
constexpr int kThreads = 8;

}  // namespace

CONFORMANCE("concurrent increments of one counter are all counted") {
  Store& store = engine.store();
  std::atomic<int> failures = 0;
  on_threads(kThreads, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      const Result<void> done = store.write([](WriteTxn& tx) -> Result<void> {
        tx.put("counter", std::to_string(number(tx, "counter") + 1));
        return {};
      });
      if (!done) failures += 1;
    }
  });
  CHECK(failures == 0);
  engine.reopen();
  CHECK(engine.store().read([](ReadTxn& tx) -> Result<int> { return number(tx, "counter"); }) ==
        kThreads * kRounds);
}

// Of three writers that share commits, one is refused, one faults, one throws; the fourth counts.
CONFORMANCE("a write that fails undoes only itself, whoever commits beside it") {
  Store& store = engine.store();
  std::atomic<int> surprises = 0;
  on_threads(kThreads, [&](int t) {
    for (int i = 0; i < kRounds; ++i) {
      const Result<void> done = store.write([&](WriteTxn& tx) -> Result<void> {
        tx.put("counter", std::to_string(number(tx, "counter") + 1));
        tx.put("thread" + std::to_string(t), std::to_string(i + 1));
        switch (t % 4) {
          case 0: return Error{ErrorCode::conflict, "refused"};
          case 1: throw Fault(FaultKind::io, "a fault");
          case 2: throw std::bad_alloc();
          default: return {};
        }
      });
      const bool expected = t % 4 == 3   ? done.has_value()
                            : t % 4 == 0 ? done.error().code == ErrorCode::conflict
                                         : done.error().code == ErrorCode::unavailable;
      if (!expected) surprises += 1;
    }
  });
  CHECK(surprises == 0);
  const auto left = store.read([](ReadTxn& tx) -> Result<std::string> {
    std::string text;
    tx.scan("", "", [&](std::string_view key, std::string_view value) {
      text += std::string(key) + "=" + std::string(value) + " ";
      return true;
    });
    return text;
  });
  const std::string rounds = std::to_string(kRounds);
  CHECK(left.value() == "counter=" + std::to_string(kThreads / 4 * kRounds) + " thread3=" + rounds +
                            " thread7=" + rounds + " ");
}

CONFORMANCE("readers see one state, however often they look, while writers change it") {
  Store& store = engine.store();
  constexpr int kSum = 1000;
  REQUIRE(store.write([](WriteTxn& tx) -> Result<void> {
    tx.put("left", std::to_string(kSum));
    tx.put("right", "0");
    return {};
  }));
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::atomic<int> reads = 0;
  std::thread reader([&] {
    while (!stop || reads == 0) {
      const Result<int> sum = store.read([](ReadTxn& tx) -> Result<int> {
        const int left = number(tx, "left");
        int scanned = 0;
        tx.scan("", "", [&](std::string_view, std::string_view value) {
          scanned += std::stoi(std::string(value));
          return true;
        });
        const int again = number(tx, "left") + number(tx, "right");
        return scanned == again && number(tx, "left") == left ? again : -1;
      });
      if (sum != kSum) torn += 1;
      reads += 1;
    }
  });
  on_threads(2, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      const Result<void> moved = store.write([](WriteTxn& tx) -> Result<void> {
        tx.put("left", std::to_string(number(tx, "left") - 1));
        tx.put("right", std::to_string(number(tx, "right") + 1));
        return {};
      });
      if (!moved) torn += 1;
    }
  });
  stop = true;
  reader.join();
  CHECK(torn == 0);
}

CONFORMANCE("a read that begins after a write was acknowledged sees it, on any thread") {
  Store& store = engine.store();
  std::atomic<int> stale = 0;
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      const int at_least = acknowledged;
      const Result<int> seen =
          store.read([](ReadTxn& tx) -> Result<int> { return number(tx, "n"); });
      if (!seen || *seen < at_least) stale += 1;
    }
  });
  for (int i = 1; i <= kRounds; ++i) {
    const Result<void> done = store.write([&](WriteTxn& tx) -> Result<void> {
      tx.put("n", std::to_string(i));
      return {};
    });
    if (done) acknowledged = i;
  }
  stop = true;
  reader.join();
  CHECK(acknowledged == kRounds);
  CHECK(stale == 0);
}
