// Moving the data, as far as it goes without PostgreSQL; and what refuses on shared data.
#include "server/data/move.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "server/data/compact.h"
#include "server/data/instance.h"
#include "server/data/store_options.h"
#include "server/data/upgrade.h"
#include "store/directory.h"
#include "store/engine.h"
#include "support/instance.h"
#include "support/temp_dir.h"
#include "tables/roles.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

struct Place {
  Place() {
    config = test::Instance::default_config();
    config.server.data_dir = directory.file("data");
    config.secrets.master_key_file = directory.file("data/master.key");
    plan.directory = directory.file("moved");
  }

  Result<std::unique_ptr<Instance>> open(const config::Config& from) {
    return Instance::open(from, null_log(), clock, random, Making::refused);
  }
  Result<MoveReport> move() { return move_data(config, null_log(), plan); }
  bool leaves_scratch() const {
    for (const auto& entry : fs::directory_iterator(plan.directory)) {
      if (entry.path().filename().string().starts_with("scratch")) return true;
    }
    return false;
  }

  test::TempDir directory;  // before what uses it: it is removed last
  config::Config config;
  SystemClock clock;
  SystemRandom random;
  MovePlan plan;
};

// The records of a store, one after the other.
std::string all_of(const config::Config& config) {
  const auto store = store::open(store_options(config), null_log());
  REQUIRE(store);
  std::string all;
  REQUIRE((*store)->copy([&](std::string_view key, std::string_view value) -> Result<void> {
    all.append(key).append("=").append(value).append("\n");
    return {};
  }));
  return all;
}

}  // namespace

TEST_CASE("everything arrives, the source stays, and the moved data opens with the same key") {
  Place place;
  {
    const auto instance = Instance::open(place.config, null_log(), place.clock, place.random);
    REQUIRE(instance);
    // More than one piece, with values that fill one each.
    for (char c = 'a'; c < 'a' + 20; ++c) {
      REQUIRE((*instance)->services().store.write([&](store::WriteTxn& tx) -> Result<void> {
        tables::settings.put(tx, std::string("test/") + c, {std::string(90'000, c), {}});
        return {};
      }));
    }
  }
  const std::string before = all_of(place.config);
  uint64_t shown = 0;
  place.plan.progress = [&](uint64_t done, uint64_t all) { shown = done == all ? all : shown; };
  const auto report = place.move();
  REQUIRE(report);
  CHECK(report->records > 20);
  CHECK(report->records == shown);
  CHECK(report->digest.size() == 64);
  CHECK_FALSE(place.leaves_scratch());
  CHECK(all_of(place.config) == before);
  config::Config moved = place.config;
  moved.server.data_dir = place.plan.directory;
  CHECK(all_of(moved) == before);
  CHECK(place.open(moved));
  const auto again = place.move();
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::conflict);
}

TEST_CASE("a move needs data, and no server on it") {
  Place place;
  CHECK(place.move().error().code == ErrorCode::not_found);
  REQUIRE(Instance::open(place.config, null_log(), place.clock, place.random));
  {
    const auto lock = store::ServerLock::take(place.config.server.data_dir);
    REQUIRE(lock);
    CHECK(place.move().error().code == ErrorCode::conflict);
  }
  CHECK_FALSE(fs::exists(place.plan.directory));
  CHECK(place.move());
}

TEST_CASE("what works on the file of one host refuses shared data, and says what to do") {
  Place place;
  place.config.store.engine = config::StoreEngine::postgresql;
  const auto refusal_of = [](const auto& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::invalid);
    return result.error().message;
  };
  const std::string compacting = refusal_of(compact(place.config));
  CHECK(compacting.starts_with("with store.engine postgresql the data is not a file of this host"));
  CHECK(compacting.find("authd cluster resync") != std::string::npos);
  RestorePlan plan;
  plan.file = place.directory.file("no.backup");
  plan.replaces = true;
  for (const std::string& text :
       {refusal_of(restore(place.config, null_log(), place.clock, place.random, plan, {})),
        refusal_of(roll_back(place.config, null_log(), place.clock, place.random))}) {
    CHECK(text.find("AUTHD_STORE_ENGINE=lmdb authd restore FILE --data-dir DIR") !=
          std::string::npos);
    CHECK(text.find("authd db move") != std::string::npos);
  }
  CHECK_FALSE(fs::exists(place.config.server.data_dir));
}

TEST_CASE("a copy of shared data is a file") {
  config::Config config = test::Instance::default_config();
  config.store.engine = config::StoreEngine::postgresql;
  config.store.url = "postgresql://db/authd";
  CHECK(is_shared(config));
  CHECK_FALSE(store::is_one_file(store_options(config)));
  CHECK(store::has_database(store_options(config)));
  const config::Config copy = config_of_copy(config, "/tmp/nowhere");
  CHECK_FALSE(is_shared(copy));
  CHECK(copy.server.data_dir == "/tmp/nowhere");
  CHECK(store::is_one_file(copy_options(config, "/tmp/nowhere")));
}

}  // namespace authd::server
