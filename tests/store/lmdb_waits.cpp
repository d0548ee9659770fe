// Waiting for another process that holds a lock and makes no progress, and files that are gone from
// the directory.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "child_process.h"
#include "scratch.h"
#include "store/lmdb/engine.h"
#include "store/lmdb/lock_waits.h"
#include "store/lmdb/replace.h"

using namespace authd;
using namespace authd::store;
using authd::test::child_argument;
using authd::test::ChildProcess;
using authd::test::comes_true;
using authd::test::RecordedLog;
using authd::test::ScratchDirectory;

namespace {

namespace fs = std::filesystem;

std::unique_ptr<Store> open(const std::string& directory, Log& log = null_log()) {
  Result<std::unique_ptr<Store>> opened = open_lmdb({.directory = directory}, log);
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

Result<void> put(Store& store, const std::string& key) {
  return store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put(key, "1");
    return {};
  });
}

bool has(Store& store, const std::string& key) {
  return store.read([&](ReadTxn& tx) -> Result<bool> { return tx.get(key).has_value(); }).value();
}

Error refusal(const LmdbOptions& options) {
  const Result<std::unique_ptr<Store>> opened = open_lmdb(options, null_log());
  if (opened) throw std::runtime_error("it was opened");
  return opened.error();
}

// A child that holds the writer lock.
class Holder {
 public:
  explicit Holder(const ScratchDirectory& directory)
      : child_("child: holds the lock of the writers", directory.path()) {
    REQUIRE(comes_true([&] { return fs::exists(directory.file("holds")); }));
  }
  std::string name() const { return "process " + std::to_string(child_.pid()); }
  void kill() { child_.kill(); }

 private:
  ChildProcess child_;
};

// Whether a wait ends before it would by itself, with the same result. `one_try` returns how long
// it took; it gets several tries, since the machine may stall in the middle of one.
template <typename Try>
bool ends_early(Try one_try) {
  for (int i = 0; i < 3; ++i) {
    if (one_try() < LockWaits::kPatience) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("child: holds the lock of the writers", "[.child]") {
  const auto store = open(child_argument());
  static_cast<void>(store->write([](WriteTxn& tx) -> Result<void> {
    tx.put("half", "done");
    std::ofstream(child_argument() + "/holds") << "x";
    while (true)
      std::this_thread::sleep_for(std::chrono::seconds(1));
  }));
}

TEST_CASE("a write that waits for a process without progress fails, and goes on when it is gone") {
  const ScratchDirectory directory;
  RecordedLog log;
  const auto store = open(directory.path(), log);
  REQUIRE(put(*store, "before"));
  CHECK(store->write_waits() == Milliseconds(0));
  Holder holder(directory);
  const Result<void> refused = put(*store, "meanwhile");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(log.text().find("waiting for another process") != std::string::npos);
  CHECK(log.text().find(holder.name()) != std::string::npos);
  CHECK(store->write_waits() >= LockWaits::kPatience);
  CHECK_FALSE(store->stats().can_write);
  CHECK(has(*store, "before"));  // Readers do not wait.
  CHECK_FALSE(put(*store, "meanwhile"));
  holder.kill();
  REQUIRE(put(*store, "after"));
  CHECK(store->write_waits() == Milliseconds(0));
  CHECK(store->stats().can_write);
  CHECK(log.text().find("free again") != std::string::npos);
  CHECK_FALSE(has(*store, "meanwhile"));
  CHECK_FALSE(has(*store, "half"));
}

TEST_CASE("nobody waits in a process that ends") {
  const bool is_early = ends_early([] {
    const ScratchDirectory directory;
    const auto store = open(directory.path());
    const Holder holder(directory);
    const SteadyTime begin = std::chrono::steady_clock::now();
    std::optional<Result<void>> refused;
    std::thread writer([&] { refused = put(*store, "meanwhile"); });
    const bool has_waited = comes_true([&] { return store->write_waits() > Milliseconds(0); });
    store->stop_waiting();
    writer.join();
    const SteadyTime::duration took = std::chrono::steady_clock::now() - begin;
    CHECK(has_waited);
    CHECK_FALSE(*refused);
    return took;
  });
  CHECK(is_early);
}

TEST_CASE("opening waits no longer for a process without progress, and names it") {
  const ScratchDirectory directory;
  const Holder holder(directory);
  std::string told;
  const Error error = refusal(
      {.directory = directory.path(), .tell = [&](const std::string& text) { told = text; }});
  CHECK(error.code == ErrorCode::unavailable);
  CHECK(error.message.find(holder.name()) != std::string::npos);
  CHECK(told.find(holder.name()) != std::string::npos);
}

TEST_CASE("nobody who opens waits once it is to end") {
  const bool is_early = ends_early([] {
    const ScratchDirectory directory;
    const Holder holder(directory);
    const SteadyTime begin = std::chrono::steady_clock::now();
    const Error stopped = refusal({.directory = directory.path(), .stopping = [] { return true; }});
    const SteadyTime::duration took = std::chrono::steady_clock::now() - begin;
    CHECK(stopped.code == ErrorCode::unavailable);
    return took;
  });
  CHECK(is_early);
}

TEST_CASE("nothing is written once the lock file is another, and nobody opens the database then") {
  const ScratchDirectory directory;
  auto store = open(directory.path());
  REQUIRE(put(*store, "before"));
  fs::remove(directory.file("lock.mdb"));
  CHECK_FALSE(put(*store, "after"));
  CHECK_FALSE(store->stats().has_files);
  CHECK(has(*store, "before"));
  for (int i = 0; i < 2; ++i) {
    const Error error = refusal({.directory = directory.path()});
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.message.find("lock.mdb was removed or replaced") != std::string::npos);
  }
  CHECK(fs::exists(directory.file("lock.mdb")));  // Another one, which changes nothing.
  CHECK_FALSE(put(*store, "after"));
  // Neither is it replaced by a restore.
  const ScratchDirectory fresh;
  open(fresh.path()).reset();
  const Result<void> replaced = replace_lmdb(directory.path(), fresh.file("data.mdb"), "");
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().code == ErrorCode::conflict);
  store.reset();
  store = open(directory.path());
  CHECK(has(*store, "before"));
  CHECK_FALSE(has(*store, "after"));
  REQUIRE(put(*store, "after"));
}

TEST_CASE("nothing is written once the data file is another or its directory is gone") {
  for (const std::string name : {"data.mdb", ""}) {
    const ScratchDirectory parent;
    fs::create_directory(parent.file("data"));
    const auto store = open(parent.file("data"));
    REQUIRE(put(*store, "before"));
    const fs::path from = fs::path(parent.file("data")) / name;
    fs::rename(from, parent.file("moved"));
    CHECK_FALSE(put(*store, "after"));
    CHECK_FALSE(store->stats().has_files);
    fs::rename(parent.file("moved"), from);
    REQUIRE(put(*store, "after"));  // It is the same again.
    CHECK(store->stats().has_files);
  }
}

TEST_CASE("a restore that cannot set up what it put in place puts the old database back") {
  const ScratchDirectory directory;
  const auto number_of = [&] { return fs::hard_link_count(directory.file("data.mdb")); };
  {
    const auto store = open(directory.path());
    REQUIRE(put(*store, "before"));
  }
  std::ofstream(directory.file("fresh")) << std::string(8192, 'x');  // no database
  fs::create_hard_link(directory.file("data.mdb"), directory.file("former"));
  CHECK_FALSE(replace_lmdb(directory.path(), directory.file("fresh"), directory.file("former")));
  CHECK(number_of() == 1);
  CHECK(has(*open(directory.path()), "before"));
}
