// Migration from one schema to the next, with data of the first release and with steps that only
// this test has: every account gets its first name from its username, with the mechanism that a
// release would use.
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "auth/signin/login.h"
#include "auth/upkeep/check.h"
#include "base/file.h"
#include "server/data/instance.h"
#include "server/data/snapshot.h"
#include "server/data/upgrade.h"
#include "store/engine.h"
#include "support/golden.h"
#include "support/people.h"
#include "support/temp_dir.h"
#include "tables/migrations.h"
#include "tables/users.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

struct Cut {};

// Which step is cut: 3 and 4 are those from schema 2 and 3, after their writes.
int cut_step = 0;

Result<void> create(store::WriteTxn&) {
  return {};
}
Result<void> name_ann(store::WriteTxn& tx) {
  auto user = tables::find_user(tx, UserId{1});
  if (!user) return Error{ErrorCode::unavailable, "there is no user 1"};
  user->first_name = user->username;
  tables::put_user(tx, *user);
  if (cut_step == 3) throw Cut();
  return {};
}
Result<void> praise_ann(store::WriteTxn& tx) {
  auto user = tables::find_user(tx, UserId{1});
  user->last_name = user->first_name + " the first";
  tables::put_user(tx, *user);
  if (cut_step == 4) throw Cut();
  return {};
}
// The steps of this release, then one and two of the test.
const std::array<tables::Migration, 3> kToThree = {&create, tables::released_migrations()[1],
                                                   &name_ann};
const std::array<tables::Migration, 4> kToFour = {&create, tables::released_migrations()[1],
                                                  &name_ann, &praise_ann};
using Steps = std::span<const tables::Migration>;

struct Place {
  Place() {
    cut_step = 0;
    config = test::Instance::default_config();
    config.server.data_dir = root;
    config.secrets.master_key_file = root + "/master.key";
    const crypto::MasterKey key(SecretKey(std::string(32, 'k')));
    REQUIRE(write_file_atomic(root + "/master.key", key.line().reveal(), 0600));
    const auto store = store::open({.directory = root, .max_bytes = 64 << 20}, null_log());
    REQUIRE(store);
    test::load_golden(**store, test::golden_directory() / "schema-1.txt");
  }

  Result<std::unique_ptr<Instance>> open(Steps steps) {
    return Instance::open(config, null_log(), clock, random,
                          Opening{.making = Making::refused, .migrations = steps});
  }
  // The schema, and what the steps have changed in ann.
  struct State {
    uint64_t version = 0;
    std::string first;
    std::string last;
    friend bool operator==(const State&, const State&) = default;
  };
  State state() {
    const auto store = store::open({.directory = root, .max_bytes = 64 << 20}, null_log());
    REQUIRE(store);
    const auto user = (*store)->read([](store::ReadTxn& tx) -> Result<tables::User> {
      return tables::find_user(tx, UserId{1}).value();
    });
    REQUIRE(user);
    return {tables::schema_version(**store).value(), user->first_name, user->last_name};
  }
  size_t snapshots() {
    std::error_code none;
    const fs::directory_iterator all(root + "/snapshots", none);
    return static_cast<size_t>(std::distance(fs::begin(all), fs::end(all)));
  }
  void lets_ann_in(Steps steps) {
    const auto instance = open(steps);
    REQUIRE(instance);
    CHECK(auth::check_store((*instance)->services())->findings == std::vector<std::string>{});
    CHECK(
        auth::log_in((*instance)->services(), "ann", Password(test::kPassword), std::nullopt, {}));
  }

  test::TempDir directory;  // before what uses it: it is removed last
  const std::string& root = directory.path();
  config::Config config;
  SystemClock clock;
  SystemRandom random;
};

const Place::State kOne{1, "", ""};
const Place::State kTwo{2, "", ""};
const Place::State kThree{3, "ann", ""};
const Place::State kFour{4, "ann", "ann the first"};

TEST_CASE("the data of schema 1 is rehearsed, upgraded behind a snapshot, and rolled back") {
  Place place;
  const auto tried = try_upgrade(place.config, null_log(), place.clock, place.random, kToThree);
  REQUIRE(tried);
  CHECK((tried->from == 1 && tried->to == 3 && tried->findings.empty()));
  CHECK(place.state() == kOne);
  CHECK(place.snapshots() == 0);

  place.lets_ann_in(kToThree);
  CHECK(place.state() == kThree);
  CHECK(place.snapshots() == 1);
  place.lets_ann_in(kToThree);  // Nothing is left to do.
  CHECK(place.snapshots() == 1);

  // The release before it says what to do, and changes nothing.
  const auto older = place.open(tables::released_migrations());
  REQUIRE_FALSE(older);
  CHECK(older.error().code == ErrorCode::unavailable);
  CHECK(older.error().message.find("newer authd (schema 3, this one knows up to 2)") !=
        std::string::npos);
  CHECK(place.state() == kThree);

  REQUIRE(roll_back(place.config, null_log(), place.clock, place.random));
  CHECK(place.state() == kOne);
  place.lets_ann_in(tables::released_migrations());
  CHECK(place.state() == kTwo);
  place.lets_ann_in(kToFour);
  CHECK(place.state() == kFour);
}

TEST_CASE("an upgrade that is cut goes on, and the way back leads to where it began") {
  // The steps before the interrupted one are complete, and nothing of that step remains.
  for (const auto& [step, between] : {std::pair(3, kTwo), std::pair(4, kThree)}) {
    INFO("cut in the step to schema " << step);
    for (const bool goes_on : {true, false}) {
      Place place;
      cut_step = step;
      CHECK_FALSE(place.open(kToFour));
      CHECK(place.state() == between);
      CHECK(place.snapshots() == 1);
      cut_step = 0;
      if (goes_on) {
        place.lets_ann_in(kToFour);
        CHECK(place.state() == kFour);
      }
      REQUIRE(roll_back(place.config, null_log(), place.clock, place.random));
      CHECK(place.state() == kOne);
      place.lets_ann_in(tables::released_migrations());
      // The next upgrade is a new one, with its own snapshot.
      const size_t before = place.snapshots();
      place.lets_ann_in(kToFour);
      CHECK(place.state() == kFour);
      CHECK(place.snapshots() >= before);
    }
  }
}

TEST_CASE("a snapshot that is given up stops the upgrade and leaves nothing behind") {
  Place place;
  size_t asked = 0;
  const auto opened = Instance::open(place.config, null_log(), place.clock, place.random,
                                     Opening{.making = Making::refused,
                                             .stopping = [&] { return ++asked > 0; },
                                             .migrations = kToThree});
  REQUIRE_FALSE(opened);
  CHECK(asked > 0);
  CHECK(place.state() == kOne);
  CHECK(place.snapshots() == 0);
  place.lets_ann_in(kToThree);
}

TEST_CASE("what a kill left of a snapshot goes with the next start, and nothing else") {
  Place place;
  fs::create_directory(place.root + "/snapshots");
  const std::string of_snapshot = "/snapshots/schema-1-20260101T000000Z.backup";
  for (const std::string& name :
       {of_snapshot + ".aB3xYz", of_snapshot, std::string("/snapshots/notes.abcdef")}) {
    REQUIRE(write_file_atomic(place.root + name, "x", 0600));
  }
  remove_unfinished_snapshots(place.config);
  CHECK_FALSE(fs::exists(place.root + of_snapshot + ".aB3xYz"));
  CHECK(fs::exists(place.root + of_snapshot));
  CHECK(fs::exists(place.root + "/snapshots/notes.abcdef"));
}

}  // namespace
}  // namespace authd::server
