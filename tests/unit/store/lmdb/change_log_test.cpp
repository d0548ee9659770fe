// Store::begin_changes() and changed_since(): what whoever keeps a copy elsewhere goes by.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "store/engine.h"
#include "store/lmdb/change_log.h"
#include "support/temp_dir.h"

namespace authd::store {
namespace {

using Keys = std::vector<std::string>;

Options options_of(const std::string& directory) {
  return {.directory = directory, .max_bytes = 64 << 20, .followed = "ab"};
}

std::unique_ptr<Store> open_in(const std::string& directory) {
  auto store = open(options_of(directory), null_log());
  REQUIRE(store);
  return std::move(*store);
}

void put(Store& store, const Keys& keys) {
  REQUIRE(store.write([&](WriteTxn& tx) -> Result<void> {
    for (const std::string& key : keys)
      tx.put(key, "value");
    return {};
  }));
}

Place begin(Store& store) {
  const Result<Place> place = store.begin_changes();
  REQUIRE(place);
  CHECK(place->mark.size() == 16);
  return *place;
}

// nullopt: the place is no longer known.
std::optional<ChangedKeys> since(Store& store, const Place& place, size_t limit = 1000) {
  const auto changed = store.changed_since(place, limit);
  REQUIRE(changed);
  return *changed;
}

TEST_CASE("changes are noted from the first question on, and only of the followed keys") {
  const test::TempDir dir;
  const auto store = open_in(dir.path());
  put(*store, {"a0"});
  CHECK_FALSE(since(*store, {1, std::string(16, 'x')}));
  const Place place = begin(*store);
  CHECK(since(*store, place)->keys.empty());
  CHECK(since(*store, place)->place == place);
  put(*store, {"a1", "c1"});
  put(*store, {"b1", "a1"});
  const ChangedKeys changed = since(*store, place).value();
  CHECK(changed.is_all);
  CHECK(changed.keys == Keys{"a1", "a1", "b1"});
  CHECK(changed.place.number == place.number + 2);
  // A commit that changes nothing of it moves the place all the same.
  put(*store, {"c2"});
  CHECK(since(*store, changed.place)->keys.empty());
  CHECK(since(*store, changed.place)->place.number == changed.place.number + 1);
  // Deletions count, and what was refused changes nothing.
  const Place later = since(*store, place)->place;
  REQUIRE(store->write([](WriteTxn& tx) -> Result<void> {
    tx.del("a1");
    return {};
  }));
  CHECK_FALSE(store->write([](WriteTxn& tx) -> Result<void> {
    tx.put("a9", "value");
    return Error{ErrorCode::conflict, "no"};
  }));
  CHECK(since(*store, later)->keys == Keys{"a1"});
}

TEST_CASE("a long way is told in parts, and no commit is torn apart") {
  const test::TempDir dir;
  const auto store = open_in(dir.path());
  Place place = begin(*store);
  for (int i = 0; i < 10; ++i)
    put(*store, {"a" + std::to_string(i), "b" + std::to_string(i)});
  Keys all;
  int parts = 0;
  for (bool is_all = false; !is_all; ++parts) {
    const ChangedKeys changed = since(*store, place, 3).value();
    CHECK(changed.keys.size() <= 4);
    all.insert(all.end(), changed.keys.begin(), changed.keys.end());
    place = changed.place;
    is_all = changed.is_all;
  }
  CHECK(all.size() == 20);
  CHECK(parts == 5);
}

TEST_CASE("what another process commits is noted, too") {
  const test::TempDir dir;
  const auto store = open_in(dir.path());
  const Place place = begin(*store);
  // In a process of its own, since a process opens a directory once.
  const pid_t child = fork();
  if (child == 0) {
    auto other = open(options_of(dir.path()), null_log());
    const bool done = other && (*other)->write([](WriteTxn& tx) -> Result<void> {
      tx.put("a-of-another", "value");
      return {};
    });
    _exit(done ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  CHECK(since(*store, place)->keys == Keys{"a-of-another"});
}

TEST_CASE("a place outlives a restart, and no longer than its log reaches back") {
  const test::TempDir dir;
  Place place;
  {
    const auto store = open_in(dir.path());
    place = begin(*store);
    put(*store, {"a1"});
  }
  const auto store = open_in(dir.path());
  put(*store, {"a2"});
  CHECK(since(*store, place)->keys == Keys{"a1", "a2"});
  begin(*store);
  CHECK(since(*store, place)->keys == Keys{"a1", "a2"});
  // Neither a place of another history, nor one that has never been.
  CHECK_FALSE(since(*store, {place.number, std::string(16, 'x')}));
  CHECK_FALSE(since(*store, {place.number + 100, place.mark}));
  CHECK_FALSE(since(*store, {place.number - 1, place.mark}));
  store->end_changes();
  CHECK_FALSE(since(*store, place));
  put(*store, {"a3"});
  CHECK(begin(*store).mark != place.mark);
}

TEST_CASE("a commit that was not noted makes the places before it void") {
  const test::TempDir dir;
  const auto store = open_in(dir.path());
  const Place place = begin(*store);
  put(*store, {"a1"});
  const auto hide = [&](const char* from, const char* to) {
    std::filesystem::rename(dir.path() + from, dir.path() + to);
  };
  // As a process that does not know of the log.
  hide("/changes", "/hidden");
  put(*store, {"a2"});
  hide("/hidden", "/changes");
  put(*store, {"a3"});
  CHECK_FALSE(since(*store, place));
  const Place next = begin(*store);
  put(*store, {"a4"});
  CHECK(since(*store, next)->keys == Keys{"a4"});
}

TEST_CASE("a log does not go on with another file of data") {
  const test::TempDir dir;
  Place place;
  const auto copy_data = [&](const std::string& from, const std::string& to) {
    std::filesystem::remove(to);  // so that the copy is another file
    std::filesystem::copy_file(from, to);
  };
  const std::string data = files_of(dir.path()).data;
  {
    const auto store = open_in(dir.path());
    put(*store, {"a0"});
  }
  copy_data(data, dir.path() + "/kept");
  {
    const auto store = open_in(dir.path());
    place = begin(*store);
    put(*store, {"a1"});
  }
  copy_data(dir.path() + "/kept", data);
  const auto store = open_in(dir.path());
  put(*store, {"a2"});
  CHECK_FALSE(since(*store, place));
  CHECK(begin(*store).mark != place.mark);
}

TEST_CASE("the places of a store that was set back are void, though its file is the same") {
  const test::TempDir dir;
  const std::string data = files_of(dir.path()).data;
  const auto copy_bytes = [](const std::string& from, const std::string& to) {
    std::ofstream(to, std::ios::binary | std::ios::trunc)
        << std::ifstream(from, std::ios::binary).rdbuf();
  };
  Place place;
  {
    const auto store = open_in(dir.path());
    begin(*store);
    put(*store, {"a0"});
  }
  copy_bytes(data, dir.path() + "/kept");
  {
    const auto store = open_in(dir.path());
    const Place first = begin(*store);
    for (int i = 0; i < 5; ++i)
      put(*store, {"a-of-then"});
    place = since(*store, first)->place;
  }
  copy_bytes(dir.path() + "/kept", data);
  const auto store = open_in(dir.path());
  CHECK_FALSE(since(*store, place));
  for (int i = 0; i < 10; ++i) {
    put(*store, {"a-of-now"});
    CHECK_FALSE(since(*store, place));
  }
}

TEST_CASE("a process that cannot note its commits ends the log") {
  const test::TempDir dir;
  const auto store = open_in(dir.path());
  const Place place = begin(*store);
  put(*store, {"a1"});
  CHECK(since(*store, place)->keys == Keys{"a1"});
  const pid_t child = fork();
  if (child == 0) {
    // A directory in the place of the lock file: nobody can open the log any more.
    const std::string lock = dir.path() + "/changes/lock.mdb";
    unlink(lock.c_str());
    mkdir(lock.c_str(), 0700);
    auto other = open(options_of(dir.path()), null_log());
    const bool done = other && (*other)->write([](WriteTxn& tx) -> Result<void> {
      tx.put("a2", "value");
      return {};
    });
    rmdir(lock.c_str());
    _exit(done ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  CHECK_FALSE(since(*store, place));
  put(*store, {"a3"});
  CHECK_FALSE(since(*store, place));
  const Place next = begin(*store);
  put(*store, {"a4"});
  CHECK(since(*store, next)->keys == Keys{"a4"});
}

TEST_CASE("the log keeps a bounded number of commits") {
  const test::TempDir dir;
  ChangeLog log({dir.path(), "a"}, null_log());
  std::ofstream(dir.path() + "/data.mdb") << "no database";
  const Place first{1, log.begin(1, "").value()};
  const auto note = [&](uint64_t number) {
    log.note(number, std::string(16, 'm'), std::array<std::string, 1>{"a"});
  };
  note(2);
  const Place second = log.since(first, 2, 10)->place;
  const uint64_t newest = ChangeLog::kKept + 1;
  for (uint64_t number = 3; number <= newest; ++number)
    note(number);
  CHECK_FALSE(log.since(first, newest, 10));
  CHECK(log.since(second, newest, 1 << 20)->keys.size() == newest - 2);
}

TEST_CASE("a store whose changes nobody can follow says so") {
  const test::TempDir dir;
  const auto store = open({.directory = dir.path(), .max_bytes = 64 << 20}, null_log());
  REQUIRE(store);
  CHECK((*store)->begin_changes().error().code == ErrorCode::unavailable);
  CHECK_FALSE(std::filesystem::exists(dir.path() + "/changes"));
}

}  // namespace
}  // namespace authd::store
