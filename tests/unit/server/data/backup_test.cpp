// A scheduled backup that is given up at any moment because the server is ending.
#include "server/data/backup.h"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "server/data/instance.h"
#include "server/data/temporary_file.h"
#include "server/jobs.h"
#include "support/people.h"
#include "support/temp_dir.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

struct Place {
  Place() {
    config = test::Instance::default_config();
    config.server.data_dir = root + "/data";
    config.secrets.master_key_file = root + "/data/master.key";
    config.backup.directory = root + "/backups";
    fs::create_directory(config.backup.directory);
    instance = Instance::open(config, null_log(), clock, random).value();
    auth::NewAccount account;
    account.username = "ann";
    account.password = Password(test::kPassword);
    REQUIRE(auth::create_account(instance->services(), account, {}));
  }

  static std::vector<std::string> names(const std::string& directory) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory))
      found.push_back(entry.path().filename().string());
    return found;
  }
  size_t scratches() const {
    const auto all = names(config.server.data_dir);
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const std::string& name) {
      return name.starts_with("scratch.");
    }));
  }

  test::TempDir directory;  // before what uses it: it is removed last
  const std::string& root = directory.path();
  config::Config config;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<Instance> instance;
};

TEST_CASE("a backup that is given up at any moment leaves nothing behind") {
  Place place;
  const Time now = place.clock.now();
  // A few of the first moments, and fewer and fewer of the thousands that follow.
  size_t moments = 1;
  for (;; moments += 1 + moments / 4) {
    size_t left = moments;
    const auto made = make_scheduled_backup(place.instance->services(), now,
                                            [&] { return left == 0 || --left == 0; });
    CHECK(place.scratches() == 0);
    if (made) break;
    REQUIRE(Place::names(place.config.backup.directory).empty());
  }
  // While it was being written, read again, and checked row by row.
  CHECK(moments > 20);
  CHECK(Place::names(place.config.backup.directory).size() == 1);
}

TEST_CASE("backups of a clock that was ahead do not push out those that are made since") {
  Place place;
  place.config.backup.keep = 2;
  const auto make = [&](Time when) {
    REQUIRE(make_scheduled_backup(place.instance->services(), when, {}));
    std::vector<std::string> left = Place::names(place.config.backup.directory);
    std::sort(left.begin(), left.end());
    return left;
  };
  const Time now = from_unix_seconds(1'800'000'000);  // 2027-01-15T08:00:00Z
  const Milliseconds year = std::chrono::hours(365 * 24);
  make(now + year);
  make(now + year + std::chrono::hours(1));
  CHECK(make(now) ==
        std::vector<std::string>{"authd-20270115T080000Z.backup", "authd-20280115T090000Z.backup"});
  CHECK(make(now + std::chrono::hours(1)) ==
        std::vector<std::string>{"authd-20270115T080000Z.backup", "authd-20270115T090000Z.backup"});
}

TEST_CASE("the end of the jobs gives a backup up, which is no failure") {
  Place place;
  for (size_t i = 0; i < 3; ++i) {
    JobRunner jobs(place.instance->services());
    jobs.begin_end();
    for (size_t job = 0; job < all_jobs().size(); ++job)
      CHECK(jobs.counts(job).failures == 0);
  }
  CHECK(place.scratches() == 0);
}

TEST_CASE("what killed jobs left goes, and what is being written stays") {
  Place place;
  const std::string name = place.config.backup.directory + "/authd-20260101T000000Z.backup";
  for (const char* suffix : {"", ".aB3xYz", ".txt"})
    REQUIRE(write_file_atomic(name + suffix, "x", 0600));
  const TemporaryFile open_now(name);
  REQUIRE(open_now.fd() >= 0);
  remove_unfinished_backups(place.config);
  CHECK_FALSE(fs::exists(name + ".aB3xYz"));
  CHECK(fs::exists(name));
  CHECK(fs::exists(name + ".txt"));
  CHECK(fs::exists(open_now.path()));
}

}  // namespace
}  // namespace authd::server
