#include "store/lmdb/old_readers.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "store/scratch.h"

using namespace authd;
using namespace authd::store;
using authd::test::RecordedLog;
using authd::test::ScratchDirectory;

namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};

class House {
 public:
  House() {
    REQUIRE(mdb_env_create(&env_) == MDB_SUCCESS);
    REQUIRE(mdb_env_open(env_, directory_.path().c_str(), MDB_NOTLS | MDB_NOSYNC, 0600) == 0);
    commit();
  }
  ~House() { mdb_env_close(env_); }

  MDB_txn* read() {
    MDB_txn* txn = nullptr;
    REQUIRE(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn) == MDB_SUCCESS);
    return txn;
  }

  void commit() {
    MDB_txn* txn = nullptr;
    REQUIRE(mdb_txn_begin(env_, nullptr, 0, &txn) == MDB_SUCCESS);
    MDB_dbi table = 0;
    REQUIRE(mdb_dbi_open(txn, nullptr, 0, &table) == MDB_SUCCESS);
    MDB_val key{1, const_cast<char*>("k")};
    REQUIRE(mdb_put(txn, table, &key, &key, 0) == MDB_SUCCESS);
    REQUIRE(mdb_txn_commit(txn) == MDB_SUCCESS);
  }

  std::optional<OldReader> look(Milliseconds since_start) {
    return readers_.look(env_, kStart + since_start);
  }

  // How often the log names a reader.
  int times_told() const {
    const std::string text = log_.text();
    int times = 0;
    for (size_t at = 0; (at = text.find("a reader keeps an old state", at)) != std::string::npos;
         ++at)
      ++times;
    return times;
  }
  std::string log() const { return log_.text(); }

 private:
  RecordedLog log_;
  ScratchDirectory directory_;
  MDB_env* env_ = nullptr;
  OldReaders readers_{log_};
};

}  // namespace

TEST_CASE("a read of the newest state is not old, however long it lasts") {
  House house;
  MDB_txn* reader = house.read();
  CHECK_FALSE(house.look(Milliseconds(0)));
  CHECK_FALSE(house.look(std::chrono::hours(1)));
  house.commit();
  const auto found = house.look(std::chrono::hours(2));
  REQUIRE(found);
  CHECK(found->process == getpid());
  CHECK(found->commits_since == 1);
  CHECK(found->age == Milliseconds(0));
  mdb_txn_abort(reader);
  CHECK_FALSE(house.look(std::chrono::hours(3)));
}

TEST_CASE("the age of a read counts from the first look that sees it, and ends with it") {
  House house;
  MDB_txn* first = house.read();
  house.commit();
  MDB_txn* second = house.read();
  house.commit();
  CHECK(house.look(Milliseconds(0))->age == Milliseconds(0));
  const auto oldest = house.look(Milliseconds(1500));
  CHECK(oldest->age == Milliseconds(1500));
  CHECK(oldest->commits_since == 2);
  mdb_txn_abort(first);
  CHECK(house.look(Milliseconds(1700))->commits_since == 1);
  // The same transaction with another state is another read.
  mdb_txn_reset(second);
  CHECK_FALSE(house.look(Milliseconds(1800)));
  REQUIRE(mdb_txn_renew(second) == MDB_SUCCESS);
  house.commit();
  CHECK(house.look(Milliseconds(2000))->age == Milliseconds(0));
  mdb_txn_abort(second);
}

TEST_CASE("a read that lasts is named in the log, and not at each look") {
  House house;
  MDB_txn* reader = house.read();
  house.commit();
  house.look(Milliseconds(0));
  house.look(OldReaders::kTellAfter - Milliseconds(1));
  CHECK(house.times_told() == 0);
  house.look(OldReaders::kTellAfter);
  house.look(OldReaders::kTellAfter + Milliseconds(1));
  CHECK(house.times_told() == 1);
  house.look(2 * OldReaders::kTellAfter);
  CHECK(house.times_told() == 2);
  CHECK(house.log().find("process " + std::to_string(getpid())) != std::string::npos);
  mdb_txn_abort(reader);
}
