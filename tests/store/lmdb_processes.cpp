// Several processes on one data directory, and killed processes.
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "child_process.h"
#include "scratch.h"
#include "store/lmdb/engine.h"

using namespace authd;
using namespace authd::store;
using authd::test::child_argument;
using authd::test::ChildProcess;
using authd::test::comes_true;
using authd::test::RecordedLog;
using authd::test::ScratchDirectory;

namespace {

constexpr int kIncrements = 200;

std::unique_ptr<Store> open(const std::string& directory, Log& log = null_log(),
                            uint64_t max_bytes = 1ull << 30) {
  Result<std::unique_ptr<Store>> opened = open_lmdb({directory, max_bytes}, log);
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

int number(Store& store, const std::string& key) {
  return store
      .read([&](ReadTxn& tx) -> Result<int> { return std::stoi(tx.get(key).value_or("0")); })
      .value();
}

Result<void> increment(Store& store, const std::string& key) {
  return store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put(key, std::to_string(std::stoi(tx.get(key).value_or("0")) + 1));
    return {};
  });
}

// Rows of 100 KiB, each in its own write.
void fill(Store& store, int rows) {
  for (int row = 0; row < rows; ++row) {
    REQUIRE(store.write([&](WriteTxn& tx) -> Result<void> {
      tx.put("row" + std::to_string(row), std::string(kMaxValueBytes, 'x'));
      return {};
    }));
  }
}

int lines_of(const std::string& path) {
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line);)
    lines += 1;
  return lines;
}

}  // namespace

TEST_CASE("child: increments", "[.child]") {
  const auto store = open(child_argument());
  for (int i = 0; i < kIncrements; ++i)
    REQUIRE(increment(*store, "counter"));
}

TEST_CASE("two processes that write at once lose nothing, and each sees the other") {
  const ScratchDirectory directory;
  const auto store = open(directory.path());
  ChildProcess child("child: increments", directory.path());
  for (int i = 0; i < kIncrements; ++i)
    REQUIRE(increment(*store, "counter"));
  CHECK(child.passed());
  CHECK(number(*store, "counter") == 2 * kIncrements);
}

TEST_CASE("a commit of another process is another snapshot here") {
  const ScratchDirectory directory;
  const auto store = open(directory.path());
  const auto snapshot = [&] {
    return store->read([](ReadTxn& tx) -> Result<uint64_t> { return tx.snapshot(); }).value();
  };
  const uint64_t before = snapshot();
  ChildProcess child("child: increments", directory.path());
  CHECK(child.passed());
  CHECK(snapshot() == before + kIncrements);
}

// Writes from four threads, and records each write in a file once it is acknowledged.
TEST_CASE("child: acknowledges writes until it is killed", "[.child]") {
  const auto store = open(child_argument());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string name = "thread" + std::to_string(t);
      std::ofstream acknowledged(child_argument() + "/" + name);
      while (increment(*store, name))
        acknowledged << "x" << std::endl;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

TEST_CASE("a killed process has lost no write that it acknowledged, and blocks nobody") {
  const ScratchDirectory directory;
  const auto store = open(directory.path());
  for (int round = 0; round < 3; ++round) {
    ChildProcess child("child: acknowledges writes until it is killed", directory.path());
    REQUIRE(comes_true([&] { return lines_of(directory.file("thread0")) > 20; }));
    child.kill();
    for (int t = 0; t < 4; ++t) {
      const std::string name = "thread" + std::to_string(t);
      const int acknowledged = lines_of(directory.file(name));
      const int there = number(*store, name);
      CHECK(there >= acknowledged);
      CHECK(there <= acknowledged + 1);  // One more may have been committed but not recorded yet.
      REQUIRE(store->write([&](WriteTxn& tx) -> Result<void> {
        tx.del(name);
        return {};
      }));
      std::ofstream(directory.file(name), std::ios::trunc);
    }
  }
}

TEST_CASE("child: stops in the middle of a write", "[.child]") {
  const auto store = open(child_argument());
  static_cast<void>(store->write([](WriteTxn& tx) -> Result<void> {
    tx.put("half", "done");
    std::ofstream(child_argument() + "/stopped") << "x";
    while (true)
      std::this_thread::sleep_for(std::chrono::seconds(1));
  }));
}

TEST_CASE("a process that is killed within a write leaves nothing of it, and the lock is free") {
  const ScratchDirectory directory;
  const auto store = open(directory.path());
  REQUIRE(increment(*store, "before"));
  ChildProcess child("child: stops in the middle of a write", directory.path());
  REQUIRE(comes_true([&] { return std::filesystem::exists(directory.file("stopped")); }));
  child.kill();
  REQUIRE(increment(*store, "after"));
  CHECK(number(*store, "before") == 1);
  CHECK(store->stats().entries == 2);
}

TEST_CASE("child: stops in the middle of a read", "[.child]") {
  const auto store = open(child_argument());
  static_cast<void>(store->read([](ReadTxn& tx) -> Result<void> {
    static_cast<void>(tx.get("counter"));
    std::ofstream(child_argument() + "/stopped") << "x";
    while (true)
      std::this_thread::sleep_for(std::chrono::seconds(1));
  }));
}

TEST_CASE("a process that was killed within a read pins no pages once another one opens") {
  const ScratchDirectory directory;
  RecordedLog log;
  const auto store = open(directory.path());
  REQUIRE(increment(*store, "counter"));
  ChildProcess child("child: stops in the middle of a read", directory.path());
  REQUIRE(comes_true([&] { return std::filesystem::exists(directory.file("stopped")); }));
  child.kill();
  ChildProcess next("child: increments", directory.path());
  REQUIRE(next.passed());
  const uint64_t used = store->stats().used_bytes;
  for (int i = 0; i < 100; ++i)
    REQUIRE(increment(*store, "counter"));
  CHECK(store->stats().used_bytes == used);
}

TEST_CASE("the server itself forgets readers of killed processes after some writes") {
  const ScratchDirectory directory;
  const auto store = open(directory.path());
  REQUIRE(increment(*store, "counter"));
  ChildProcess child("child: stops in the middle of a read", directory.path());
  REQUIRE(comes_true([&] { return std::filesystem::exists(directory.file("stopped")); }));
  child.kill();
  for (int i = 0; i < 300; ++i)
    REQUIRE(increment(*store, "counter"));
  const uint64_t used = store->stats().used_bytes;
  for (int i = 0; i < 100; ++i)
    REQUIRE(increment(*store, "counter"));
  CHECK(store->stats().used_bytes == used);
}

// 30 MiB: more than the parent has mapped.
TEST_CASE("child: lets the file grow", "[.child]") {
  const auto store = open(child_argument(), null_log(), 64ull << 20);
  fill(*store, 300);
  REQUIRE(increment(*store, "counter"));
}

TEST_CASE("when another process lets the file grow beyond this one's map, it follows") {
  const ScratchDirectory directory;
  RecordedLog log;
  const auto store = open(directory.path(), log, 16ull << 20);
  REQUIRE(increment(*store, "counter"));
  ChildProcess child("child: lets the file grow", directory.path());
  SECTION("a writer finds out") {
    REQUIRE(child.passed());
    CHECK(increment(*store, "counter"));
    CHECK(number(*store, "counter") == 3);
  }
  SECTION("a reader finds out") {
    REQUIRE(child.passed());
    CHECK(number(*store, "counter") == 2);
  }
  SECTION("readers and writers are at work meanwhile") {
    std::atomic<bool> stop = false;
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        while (!stop) {
          const bool done = t == 0 ? increment(*store, "mine").has_value()
                                   : store->read([](ReadTxn& tx) -> Result<bool> {
                                       return tx.get("counter").has_value();
                                     }) == true;
          if (!done) failures += 1;
        }
      });
    }
    CHECK(child.passed());
    stop = true;
    for (std::thread& thread : threads)
      thread.join();
    INFO(log.text().substr(0, 4000));
    CHECK(failures == 0);
  }
  CHECK(log.text().find("larger store.max_size") != std::string::npos);
  CHECK(store->stats().max_bytes == 64ull << 20);
}

TEST_CASE("child: brings a larger limit", "[.child]") {
  REQUIRE(increment(*open(child_argument(), null_log(), 64ull << 20), "counter"));
}

TEST_CASE("a file that is full for this process alone is not full") {
  const ScratchDirectory directory;
  RecordedLog log;
  const auto store = open(directory.path(), log, 16ull << 20);
  REQUIRE(increment(*store, "counter"));
  ChildProcess child("child: brings a larger limit", directory.path());
  REQUIRE(child.passed());
  fill(*store, 300);
  CHECK(store->stats().max_bytes == 64ull << 20);
  CHECK(log.text().find("fault") == std::string::npos);
}

TEST_CASE("child: opens with little address space", "[.child]") {
  RecordedLog log;
  const auto store = open(child_argument(), log, 64ull << 30);
  CHECK(increment(*store, "counter"));
  CHECK(log.text().find("address space is limited") != std::string::npos);
  CHECK(store->stats().max_bytes >= 256ull << 20);
  CHECK(store->stats().max_bytes <= 1ull << 30);
}

TEST_CASE("with little address space the store opens smaller, and says so") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  WARN("skipped: a sanitizer needs all the address space for itself");
#else
  const ScratchDirectory directory;
  ChildProcess child("child: opens with little address space", directory.path(), 1ull << 30);
  CHECK(child.passed());
#endif
}
