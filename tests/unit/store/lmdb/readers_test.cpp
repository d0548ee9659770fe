#include "store/lmdb/readers.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "store/scratch.h"

using namespace authd::store;
using authd::test::ScratchDirectory;

namespace {

class OpenEnv {
 public:
  OpenEnv() {
    REQUIRE(mdb_env_create(&env_) == MDB_SUCCESS);
    REQUIRE(mdb_env_set_maxreaders(env_, 512) == MDB_SUCCESS);
    REQUIRE(mdb_env_open(env_, directory_.path().c_str(), MDB_NOTLS | MDB_NOSYNC, 0600) == 0);
  }
  ~OpenEnv() { mdb_env_close(env_); }
  MDB_env* get() const { return env_; }

  unsigned readers() const {
    MDB_envinfo info;
    mdb_env_info(env_, &info);
    return info.me_numreaders;
  }

 private:
  ScratchDirectory directory_;
  MDB_env* env_ = nullptr;
};

}  // namespace

TEST_CASE("a thread reads again and again with one transaction") {
  const OpenEnv env;
  ReaderPool pool;
  pool.resume(env.get());
  const MDB_txn* first = nullptr;
  for (int i = 0; i < 10; ++i) {
    ReaderPool::Slot* slot = nullptr;
    REQUIRE(pool.take(slot) == MDB_SUCCESS);
    if (i == 0) first = slot->txn;
    CHECK(slot->txn == first);
    pool.give_back(*slot);
  }
  CHECK(env.readers() == 1);
}

TEST_CASE("transactions that are open at once are different ones") {
  const OpenEnv env;
  ReaderPool pool;
  pool.resume(env.get());
  std::vector<ReaderPool::Slot*> slots(ReaderPool::kSlots);
  for (ReaderPool::Slot*& slot : slots)
    REQUIRE(pool.take(slot) == MDB_SUCCESS);
  std::vector<ReaderPool::Slot*> sorted = slots;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());

  // One more waits until another has finished.
  std::atomic<bool> is_in = false;
  std::thread late([&] {
    ReaderPool::Slot* slot = nullptr;
    is_in = pool.take(slot) == MDB_SUCCESS;
    if (slot != nullptr) pool.give_back(*slot);
  });
  for (ReaderPool::Slot* slot : slots)
    pool.give_back(*slot);
  late.join();
  CHECK(is_in);
}

TEST_CASE("a pause waits for readers, and readers wait for its end") {
  const OpenEnv env;
  ReaderPool pool;
  pool.resume(env.get());
  ReaderPool::Slot* slot = nullptr;
  REQUIRE(pool.take(slot) == MDB_SUCCESS);
  std::atomic<bool> is_given_back = false;
  std::atomic<bool> has_waited = false;
  std::thread pausing([&] {
    pool.pause();
    has_waited = is_given_back.load();
  });
  for (int i = 0; i < 1000; ++i)
    std::this_thread::yield();
  is_given_back = true;
  pool.give_back(*slot);
  pausing.join();
  CHECK(has_waited);

  std::atomic<bool> is_resumed = false;
  has_waited = false;
  std::thread reading([&] {
    ReaderPool::Slot* later = nullptr;
    if (pool.take(later) != MDB_SUCCESS) return;
    has_waited = is_resumed.load();
    pool.give_back(*later);
  });
  for (int i = 0; i < 1000; ++i)
    std::this_thread::yield();
  is_resumed = true;
  pool.resume(env.get());
  reading.join();
  CHECK(has_waited);
}

TEST_CASE("a pool without an environment says so, and can get one later") {
  ReaderPool pool;
  ReaderPool::Slot* slot = nullptr;
  CHECK(pool.take(slot) == MDB_PANIC);
  CHECK(slot == nullptr);
  const OpenEnv env;
  pool.pause();
  pool.resume(env.get());
  REQUIRE(pool.take(slot) == MDB_SUCCESS);
  pool.give_back(*slot);
  pool.pause();
  pool.resume(nullptr);
}
