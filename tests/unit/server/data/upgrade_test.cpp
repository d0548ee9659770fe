#include "server/data/upgrade.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "server/data/instance.h"
#include "server/data/snapshot.h"
#include "store/directory.h"
#include "store/engine.h"
#include "support/instance.h"
#include "support/temp_dir.h"
#include "tables/migrations.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

struct Place {
  Place() {
    config = test::Instance::default_config();
    config.server.data_dir = root + "/data";
    config.secrets.master_key_file = root + "/data/master.key";
  }

  Result<std::unique_ptr<Instance>> open(Making making = Making::allowed) {
    return Instance::open(config, null_log(), clock, random, making);
  }
  // As another release left it.
  void set_version(uint64_t version) {
    const auto instance = open();
    REQUIRE(instance);
    REQUIRE((*instance)->services().store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::numbers.put(tx, "schema_version", tables::Number{version, {}});
      return {};
    }));
  }
  uint64_t version() {
    // Not through an Instance, which would upgrade it.
    const auto store =
        store::open({.directory = config.server.data_dir, .max_bytes = 64 << 20}, null_log());
    REQUIRE(store);
    return tables::schema_version(**store).value();
  }
  std::vector<std::string> snapshots() {
    std::vector<std::string> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(config.server.data_dir + "/snapshots", none))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  test::TempDir directory;  // before what uses it: it is removed last
  const std::string& root = directory.path();
  config::Config config;
  SystemClock clock;
  SystemRandom random;
};

TEST_CASE("a start on older data takes a snapshot, and the way back leads to the older data") {
  Place place;
  REQUIRE(place.open());
  CHECK(place.snapshots().empty());  // Neither new data nor current data needs one.
  REQUIRE(place.open());
  CHECK(place.snapshots().empty());
  place.set_version(0);

  const auto tried = try_upgrade(place.config, null_log(), place.clock, place.random);
  REQUIRE(tried);
  CHECK(tried->from == 0);
  CHECK(tried->to == tables::kSchemaVersion);
  CHECK(tried->findings.empty());
  CHECK(place.version() == 0);  // It was a rehearsal.
  CHECK(place.snapshots().empty());

  REQUIRE(place.open());
  CHECK(place.version() == tables::kSchemaVersion);
  const std::vector<std::string> snapshots = place.snapshots();
  REQUIRE(snapshots.size() == 1);
  CHECK(snapshots[0].starts_with("schema-0-"));

  const auto back = roll_back(place.config, null_log(), place.clock, place.random);
  REQUIRE(back);
  CHECK(place.version() == 0);
  CHECK(fs::exists(back->restored.kept_aside + "/data.mdb"));
  REQUIRE(place.open());  // And forward again.
  CHECK(place.version() == tables::kSchemaVersion);
}

TEST_CASE("data of a newer release is refused, and stays as it is") {
  Place place;
  place.set_version(tables::kSchemaVersion + 1);
  const auto opened = place.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::unavailable);  // exit code 5
  CHECK(opened.error().message.find("newer authd") != std::string::npos);
  CHECK(place.version() == tables::kSchemaVersion + 1);
  CHECK(place.snapshots().empty());
}

TEST_CASE("a command does not upgrade the data under a server of an older release") {
  Place place;
  place.set_version(0);
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = store::ServerLock::take(place.config.server.data_dir);
    const char told = lock ? 'y' : 'n';
    if (write(ready[1], &told, 1) == 1) pause();
    _exit(0);
  }
  char told = 0;
  REQUIRE(read(ready[0], &told, 1) == 1);
  REQUIRE(told == 'y');
  for (const Making making : {Making::refused, Making::allowed}) {
    const auto opened = place.open(making);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::conflict);
    CHECK(opened.error().message.find(std::to_string(child)) != std::string::npos);
  }
  // A rehearsal is fine; going back is not.
  CHECK(try_upgrade(place.config, null_log(), place.clock, place.random));
  CHECK_FALSE(roll_back(place.config, null_log(), place.clock, place.random));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  CHECK(place.version() == 0);
  CHECK(place.open());
}

TEST_CASE("without a snapshot there is no way back") {
  Place place;
  REQUIRE(place.open());
  const auto back = roll_back(place.config, null_log(), place.clock, place.random);
  REQUIRE_FALSE(back);
  CHECK(back.error().code == ErrorCode::not_found);
  CHECK(place.open());
}

TEST_CASE("only the newest snapshots stay") {
  Place place;
  REQUIRE(place.open());
  fs::create_directory(place.config.server.data_dir + "/snapshots");
  for (const char* day : {"01", "02", "03", "04"}) {
    const std::string name = std::string("/snapshots/schema-0-202601") + day + "T000000Z.backup";
    REQUIRE(write_file_atomic(place.config.server.data_dir + name, "x", 0600));
  }
  place.set_version(0);
  REQUIRE(place.open());
  const auto left = place.snapshots();
  REQUIRE(left.size() == kSnapshots);
  CHECK(left[0] == "schema-0-20260103T000000Z.backup");
}

TEST_CASE("a snapshot that cannot be written stops the upgrade") {
  Place place;
  REQUIRE(place.open());
  place.set_version(0);
  REQUIRE(write_file_atomic(place.config.server.data_dir + "/snapshots", "a file", 0600));
  CHECK_FALSE(place.open());
  CHECK(place.version() == 0);
}

}  // namespace
}  // namespace authd::server
