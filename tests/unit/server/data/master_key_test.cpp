// Rotation of the master key in a real directory: with data of the first release, interrupted
// between any two steps, beside another process, and with a file that this process may not write.
#include "server/data/master_key.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "auth/core/audit/audit.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/master_rotation.h"
#include "auth/upkeep/sealed_rows.h"
#include "base/file.h"
#include "server/data/instance.h"
#include "store/directory.h"
#include "store/engine.h"
#include "support/golden.h"
#include "support/people.h"
#include "support/temp_dir.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

const RotationStep kNoStep = [](std::string_view, uint64_t) {};

// A data directory with what the first release wrote, under the key of the fixtures.
struct Place {
  Place() {
    config = test::Instance::default_config();
    config.server.data_dir = root + "/data";
    config.secrets.master_key_file = root + "/data/master.key";
    REQUIRE(mkdir(config.server.data_dir.c_str(), 0700) == 0);
    const crypto::MasterKey key(SecretKey(std::string(32, 'k')));
    old = key.id();
    REQUIRE(write_file_atomic(file(), key.line().reveal(), 0600));
    const auto store =
        store::open({.directory = config.server.data_dir, .max_bytes = 64 << 20}, null_log());
    REQUIRE(store);
    test::load_golden(**store, test::golden_directory() / "schema-1.txt");
  }

  const std::string& file() const { return config.secrets.master_key_file; }
  Result<std::unique_ptr<Instance>> open() {
    return Instance::open(config, null_log(), clock, random, Making::refused);
  }
  Result<MasterRotation> rotate(const RotationStep& step = kNoStep) {
    const auto instance = open();
    REQUIRE(instance);
    return rotate_master_key((*instance)->services(), {}, step);
  }
  std::vector<std::string> ids() { return crypto::MasterKeys::load(file()).value().ids(); }
  // A start finds nothing wrong, and ann logs in.
  void check() {
    const auto instance = open();
    REQUIRE(instance);
    const auto report = auth::check_store((*instance)->services());
    REQUIRE(report);
    CHECK(report->findings == std::vector<std::string>{});
    CHECK(
        auth::log_in((*instance)->services(), "ann", Password(test::kPassword), std::nullopt, {}));
  }
  std::vector<MasterKeyUse> uses() {
    const auto instance = open();
    REQUIRE(instance);
    return master_key_uses((*instance)->services()).value();
  }

  test::TempDir directory;  // before what uses it: it is removed last
  const std::string& root = directory.path();
  config::Config config;
  SystemClock clock;
  SystemRandom random;
  std::string old;
};

TEST_CASE(
    "data of the first release gets a new master key, and the old one stays beside the file") {
  Place place;
  const auto done = place.rotate();
  REQUIRE(done);
  CHECK(done->key != place.old);
  CHECK(done->rows == 2);  // the signing keys; the server's secret goes before them
  CHECK(done->dropped == std::vector<std::string>{place.old});
  CHECK(place.ids() == std::vector<std::string>{done->key});
  REQUIRE(done->kept_as ==
          std::vector<std::string>{fs::canonical(place.file()).string() + "." + place.old});
  const auto kept = crypto::MasterKeys::load(done->kept_as[0]);
  REQUIRE(kept);
  CHECK(kept->ids() == std::vector<std::string>{place.old});
  place.check();
  const auto uses = place.uses();
  REQUIRE(uses.size() == 1);
  CHECK((uses[0].values == 3 && uses[0].seals && uses[0].is_held));
  const auto instance = place.open();
  const auto log = auth::list_audit((*instance)->services(), {}).value();
  CHECK(std::count_if(log.begin(), log.end(), [&](const tables::AuditEntry& entry) {
          return entry.action == "master_key_rotated" && entry.target == done->key;
        }) == 1);
  CHECK(std::count_if(log.begin(), log.end(), [&](const tables::AuditEntry& entry) {
          return entry.action == "master_key_dropped" && entry.target == place.old;
        }) == 1);
}

struct Cut {};

TEST_CASE("broken off between any two steps, all opens, and the next one ends it") {
  size_t cuts = 0;
  for (bool is_cut = true; is_cut;) {
    Place place;
    size_t left = ++cuts;
    is_cut = false;
    try {
      const auto done = place.rotate([&](std::string_view, uint64_t) {
        if (--left == 0) throw Cut();
      });
      REQUIRE(done);
    } catch (const Cut&) {
      is_cut = true;
    }
    INFO("cut at step " << cuts);
    place.check();
    if (!is_cut) break;
    const auto before = place.ids();
    const auto done = place.rotate();
    REQUIRE(done);
    CHECK(place.ids() == std::vector<std::string>{done->key});
    CHECK(done->key != place.old);
    // It finishes what was begun, and creates no third key.
    if (before.size() == 2) CHECK(done->key == before[0]);
    CHECK(done->dropped == std::vector<std::string>{place.old});
    place.check();
  }
  CHECK(cuts >= 7);
}

TEST_CASE("of two rotations at once the second is refused") {
  Place place;
  bool was_refused = false;
  REQUIRE(place.rotate([&](std::string_view, uint64_t) {
    const int fd = ::open((place.config.server.data_dir + "/rotation.lock").c_str(), O_RDONLY);
    was_refused = was_refused || flock(fd, LOCK_EX | LOCK_NB) != 0;
    close(fd);
  }));
  CHECK(was_refused);
  const int held = ::open((place.config.server.data_dir + "/rotation.lock").c_str(), O_RDONLY);
  REQUIRE(flock(held, LOCK_EX) == 0);
  const auto refused = place.rotate();
  close(held);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(place.rotate());
}

TEST_CASE("a file that somebody else provides is told how to change, and its new line is taken") {
  Place place;
  const std::string provided = place.root + "/provided";
  fs::create_directory(provided);
  fs::rename(place.file(), provided + "/master.key");
  place.config.secrets.master_key_file = provided + "/master.key";
  // A directory in place of the temporary file: nothing can be written there, whoever runs this.
  const auto with_ro = [&](const std::function<void()>& work) {
    if (geteuid() == 0) return;
    chmod(provided.c_str(), 0500);
    work();
    chmod(provided.c_str(), 0700);
  };
  with_ro([&] {
    const auto refused = place.rotate();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(refused.error().message.find("authd key master new") != std::string::npos);
  });
  CHECK(place.ids() == std::vector<std::string>{place.old});
  const crypto::MasterKey fresh = crypto::MasterKey::generate(place.random);
  const std::string before = read_file(place.file(), 1024).value();
  REQUIRE(write_file_atomic(place.file(), std::string(fresh.line().reveal()) + before, 0600));
  // Until it is rotated, the old key seals.
  CHECK(place.uses()[1].seals);
  place.check();
  const auto done = place.rotate();
  REQUIRE(done);
  CHECK(done->key == fresh.id());
  CHECK(done->dropped == std::vector<std::string>{place.old});
  place.check();
}

TEST_CASE("what a process that was killed left of a key file is removed at the next start") {
  Place place;
  const std::string beside = place.file() + ".";
  const std::vector<std::string> left = {"authd-Ab1cD2", "0123abcd.authd-Ab1cD2",
                                         "0123456789abcdef", "0123456789abcdef.Ab1cD2"};
  // Keys for old backups, and whatever people call their copies.
  const std::vector<std::string> kept = {"0123abcd",         "backup",    "old",
                                         "2026-11-21",       "authd-old", "0123456789abcdef.copy",
                                         "0123456789abcdef0"};
  for (const auto* names : {&left, &kept}) {
    for (const std::string& name : *names)
      REQUIRE(write_file_atomic(beside + name, "key", 0600));
  }
  {
    // Not while a rotation may be writing it.
    const UniqueFd lock(open((place.config.server.data_dir + "/rotation.lock").c_str(),
                             O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
    remove_unfinished_keys(place.config);
    for (const std::string& name : left)
      CHECK(fs::exists(beside + name));
  }
  remove_unfinished_keys(place.config);
  for (const std::string& name : left) {
    INFO(name);
    CHECK_FALSE(fs::exists(beside + name));
  }
  for (const std::string& name : kept) {
    INFO(name);
    CHECK(fs::exists(beside + name));
  }
  CHECK(place.ids() == std::vector<std::string>{place.old});
}

TEST_CASE("a former key leaves the memory of the server, unless something still needs it") {
  Place place;
  const auto instance = place.open();
  REQUIRE(instance);
  const auth::Services& s = (*instance)->services();
  const auto watch_for_long = [&] {
    for (int i = 0; i < 2 * crypto::MasterKeys::kCallsUntilFormer; ++i)
      REQUIRE(watch_master_key(s, place.clock.now()));
  };
  SECTION("rotated") {
    REQUIRE(rotate_master_key(s, {}, kNoStep));
    CHECK(s.master_key.holds(place.old));
    watch_for_long();
    CHECK_FALSE(s.master_key.holds(place.old));
  }
  SECTION("taken out by hand, too early") {
    const crypto::MasterKey fresh = crypto::MasterKey::generate(place.random);
    const std::string below = read_file(place.file(), 1024).value();
    const std::string line(fresh.line().reveal());
    REQUIRE(write_file_atomic(place.file(), line + below, 0600));
    REQUIRE(s.master_key.reload());
    REQUIRE(auth::begin_master_rotation(s, fresh.id(), {}));
    REQUIRE(write_file_atomic(place.file(), line, 0600));
    watch_for_long();
    CHECK(s.master_key.holds(place.old));
  }
}

TEST_CASE("a value that does not open keeps its key in the file") {
  Place place;
  {
    const auto instance = place.open();
    REQUIRE(instance);
    const auth::Services& s = (*instance)->services();
    tables::Mail mail;
    mail.id = std::string(16, 'm');
    mail.sealed = s.master_key.seal("token", "mail/of another id", s.random);
    REQUIRE(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::outbox.put(tx, mail.id, mail);
      return {};
    }));
  }
  const auto refused = place.rotate();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find(place.old) != std::string::npos);
  CHECK(place.ids().size() == 2);
  const auto uses = place.uses();
  CHECK((uses[0].seals && uses[0].values == 3 && uses[1].values == 1));
}

TEST_CASE("nothing is sealed with a key that the running server does not hold") {
  Place place;
  const auto server = store::ServerLock::take(place.config.server.data_dir);
  REQUIRE(server);
  const auto running = place.open();
  REQUIRE(running);
  const auth::Services& s = (*running)->services();
  size_t asked = 0;
  // The server's job runs once the command waits for it.
  const auto done = rotate_master_key(s, {}, [&](std::string_view next, uint64_t) {
    if (next == "the server takes the new key") {
      CHECK(auth::count_sealed(s.store).value().size() == 1);
      CHECK(place.ids().size() == 2);
      REQUIRE(watch_master_key(s, place.clock.now()));
      asked += 1;
    }
  });
  REQUIRE(done);
  CHECK(asked == 1);
  // Its value is in the store once, and is rewritten only when it changes.
  CHECK(watch_master_key(s, place.clock.now())->done == 1);
  CHECK(watch_master_key(s, place.clock.now())->done == 0);
}

}  // namespace
}  // namespace authd::server
