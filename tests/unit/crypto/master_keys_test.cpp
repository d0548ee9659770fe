#include "crypto/master_keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "crypto/private_file.h"
#include "support/temp_dir.h"

using namespace authd;
using crypto::MasterKey;
using crypto::MasterKeys;

namespace {

MasterKey key_of(char c) {
  return MasterKey(SecretKey(std::string(MasterKey::kBytes, c)));
}

std::string line_of(char c) {
  return std::string(key_of(c).line().reveal());
}

void write(const std::string& path, const std::string& text) {
  REQUIRE(write_file_atomic(path, text, 0600));
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a master key is created once, privately, even by many threads at once") {
  const test::TempDir scratch;
  const std::string path = scratch.file("master.key");
  std::vector<std::string> ids(8);
  std::vector<std::thread> threads;
  for (std::string& id : ids) {
    threads.emplace_back([&] {
      SystemRandom random;
      const auto key = MasterKeys::load_or_create(path, random);
      if (key) id = key->sealing_id();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const std::string& id : ids)
    CHECK(id == ids[0]);
  CHECK(ids[0].size() == 8);
  struct stat found;
  REQUIRE(stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("a key file that others can read, or without a key, is refused with advice") {
  const test::TempDir scratch;
  SystemRandom random;
  const std::string path = scratch.file("master.key");
  CHECK(MasterKeys::load(path).error().code == ErrorCode::not_found);
  REQUIRE(MasterKeys::load_or_create(path, random));
  for (const mode_t mode : {0644u, 0640u, 0660u, 0606u, 0440u, 0404u}) {
    chmod(path.c_str(), mode);
    const auto refused = MasterKeys::load_or_create(path, random);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::forbidden);
    CHECK(refused.error().message.find("chmod 600") != std::string::npos);
  }
  if (geteuid() == 0) {  // as systemd passes credentials: another user's, readable by group
    REQUIRE(chown(path.c_str(), 65534, 0) == 0);
    chmod(path.c_str(), 0440);
    CHECK(MasterKeys::load(path));
    for (const mode_t mode : {0444u, 0460u, 0644u}) {
      chmod(path.c_str(), mode);
      CHECK_FALSE(MasterKeys::load(path));
    }
    REQUIRE(chown(path.c_str(), 0, 0) == 0);
  }
  for (const char* text :
       {"", "x", "authd-master-key-v1:", "authd-master-key-v1:AAAA", "authd-master-key-v2:AAAA"}) {
    REQUIRE(write_file_atomic(path, text, 0600));
    CHECK(MasterKeys::load_or_create(path, random).error().code == ErrorCode::invalid);
  }
}

TEST_CASE("each key of a file opens what it sealed, and the first seals until another is named") {
  const test::TempDir scratch;
  SystemRandom random;
  const std::string path = scratch.file("master.key");
  write(path, line_of('a') + line_of('b') + "\n" + line_of('a'));  // once too often, which is fine
  const auto keys = MasterKeys::load(path);
  REQUIRE(keys);
  CHECK(keys->ids() == Ids{key_of('a').id(), key_of('b').id()});
  CHECK(keys->text().reveal() == line_of('a') + line_of('b'));
  CHECK(keys->open(key_of('b').seal("old", "c", random), "c") == "old");
  CHECK_FALSE(keys->open(key_of('x').seal("other", "c", random), "c"));
  const std::string sealed = keys->seal("new", "c", random);
  CHECK(MasterKey::id_of(sealed) == key_of('a').id());
  keys->seal_with(key_of('b').id());
  CHECK(MasterKey::id_of(keys->seal("new", "c", random)) == key_of('b').id());
  keys->seal_with(key_of('x').id());  // is not there
  CHECK(keys->sealing_id() == key_of('b').id());
  const auto renewed = keys->renew(sealed, "c", key_of('b').id(), random);
  REQUIRE(renewed);
  CHECK(key_of('b').open(*renewed, "c") == "new");
  CHECK_FALSE(keys->renew(sealed, "other", key_of('b').id(), random));
  CHECK_FALSE(keys->renew(sealed, "c", key_of('x').id(), random));
}

TEST_CASE("a key that was added to the file is found when it is needed") {
  const test::TempDir scratch;
  SystemRandom random;
  const std::string path = scratch.file("master.key");
  write(path, line_of('a'));
  const auto keys = MasterKeys::load(path);
  REQUIRE(keys);
  const std::string sealed = key_of('b').seal("new", "c", random);
  CHECK_FALSE(keys->open(sealed, "c"));
  write(path, line_of('b') + line_of('a'));
  CHECK(keys->open(sealed, "c") == "new");
  CHECK(keys->sealing_id() == key_of('a').id());
  CHECK_FALSE(keys->reload().value());  // nothing is new now
  keys->seal_with(key_of('b').id());
  write(path, line_of('b'));
  CHECK(keys->reload().value());
  CHECK(keys->ids() == Ids{key_of('b').id()});
  // A key that was read before still opens.
  CHECK(keys->open(key_of('a').seal("old", "c", random), "c") == "old");
}

TEST_CASE(
    "a key that was removed from the file is reported after a while, and wiped once it is unused") {
  const test::TempDir scratch;
  SystemRandom random;
  const std::string path = scratch.file("master.key");
  write(path, line_of('a') + line_of('b'));
  const auto keys = MasterKeys::load(path);
  REQUIRE(keys);
  const std::string sealed = key_of('b').seal("old", "c", random);
  for (int i = 0; i < 2 * MasterKeys::kCallsUntilFormer; ++i)
    CHECK(keys->former_ids().empty());
  write(path, line_of('a'));
  REQUIRE(keys->reload());
  for (int i = 1; i < MasterKeys::kCallsUntilFormer; ++i)
    CHECK(keys->former_ids().empty());
  CHECK(keys->former_ids() == Ids{key_of('b').id()});
  CHECK(keys->open(sealed, "c") == "old");
  keys->forget_former(key_of('a').id());  // which is in the file
  keys->forget_former(key_of('b').id());
  CHECK_FALSE(keys->open(sealed, "c"));
  CHECK(keys->open(key_of('a').seal("new", "c", random), "c") == "new");
}

TEST_CASE("a file that is gone, damaged or another one takes no key away") {
  const test::TempDir scratch;
  SystemRandom random;
  const std::string path = scratch.file("master.key");
  write(path, line_of('a'));
  const auto keys = MasterKeys::load(path);
  REQUIRE(keys);
  write(path, line_of('b'));
  CHECK(keys->reload().error().message.find(key_of('a').id()) != std::string::npos);
  write(path, line_of('a') + "nonsense");
  CHECK(keys->reload().error().message.find("line 2") != std::string::npos);
  std::filesystem::remove(path);
  CHECK(keys->reload().error().code == ErrorCode::not_found);
  CHECK(keys->ids() == Ids{key_of('a').id()});
  CHECK(keys->open(keys->seal("x", "c", random), "c") == "x");
}

TEST_CASE("a file of too many keys is refused") {
  const test::TempDir scratch;
  const std::string path = scratch.file("master.key");
  std::string text;
  for (char c = 'a'; c < 'a' + static_cast<char>(MasterKeys::kMaxKeys); ++c)
    text += line_of(c);
  write(path, text);
  CHECK(MasterKeys::load(path));
  write(path, text + line_of('z'));
  CHECK(MasterKeys::load(path).error().code == ErrorCode::invalid);
}

TEST_CASE("a private file keeps its owner and mode when it is rewritten") {
  const test::TempDir scratch;
  const std::string path = scratch.file("master.key");
  write(path, "old");
  chmod(path.c_str(), 0640);
  if (geteuid() == 0) REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
  REQUIRE(crypto::write_private_file(path, path, "new"));
  REQUIRE(crypto::write_private_file(path + ".aside", path, "old"));
  for (const std::string& file : {path, path + ".aside"}) {
    struct stat found;
    REQUIRE(stat(file.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0640);
    if (geteuid() == 0) CHECK((found.st_uid == 65534 && found.st_gid == 65534));
  }
  CHECK(read_file(path, 100).value() == "new");
  CHECK_FALSE(crypto::write_private_file(scratch.file("none/x"), path, "new"));
  CHECK_FALSE(crypto::write_private_file(path, scratch.file("none"), "new"));
}

TEST_CASE("files that systemd and container engines provide are never written") {
  CHECK(crypto::is_provided_file("/run/credentials/authd.service/master.key"));
  CHECK(crypto::is_provided_file("/run/secrets/master.key"));
  CHECK_FALSE(crypto::is_provided_file("/var/lib/authd/master.key"));
}
