#include "crypto/secret_box.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "base/file.h"

using namespace authd;
using crypto::MasterKey;

namespace {

MasterKey key_of(char c) {
  return MasterKey(SecretKey(std::string(MasterKey::kBytes, c)));
}

// A directory for one test.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/authd-unit-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("what was sealed opens with its key and context, and with nothing else") {
  SystemRandom random;
  const MasterKey key = key_of('a');
  const std::string secret("top\0secret", 10);
  const std::string sealed = key.seal(secret, "table/row", random);
  CHECK(key.open(sealed, "table/row") == secret);
  CHECK(key.seal(secret, "table/row", random) != sealed);
  CHECK(sealed.find("secret") == std::string::npos);
  CHECK_FALSE(key.open(sealed, "table/other"));
  CHECK_FALSE(key_of('b').open(sealed, "table/row"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    CHECK_FALSE(key.open(flipped, "table/row"));
    CHECK_FALSE(key.open(sealed.substr(0, i), "table/row"));
  }
  CHECK_FALSE(key.open(sealed + "x", "table/row"));
  CHECK(key.open(key.seal("", "c", random), "c") == "");
}

TEST_CASE("a master key is made once, privately, also by many at once") {
  const Scratch scratch;
  const std::string path = scratch.file("master.key");
  std::vector<std::string> ids(8);
  std::vector<std::thread> threads;
  for (std::string& id : ids) {
    threads.emplace_back([&] {
      SystemRandom random;
      const auto key = MasterKey::load_or_create(path, random);
      if (key) id = key->id();
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

TEST_CASE("a master key that others can read, or that is none, is refused with what to do") {
  const Scratch scratch;
  SystemRandom random;
  const std::string path = scratch.file("master.key");
  CHECK(MasterKey::load(path).error().code == ErrorCode::not_found);
  REQUIRE(MasterKey::load_or_create(path, random));
  for (const mode_t mode : {0644u, 0640u, 0660u, 0606u, 0440u, 0404u}) {
    chmod(path.c_str(), mode);
    const auto refused = MasterKey::load_or_create(path, random);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::forbidden);
    CHECK(refused.error().message.find("chmod 600") != std::string::npos);
  }
  if (geteuid() == 0) {  // as systemd hands credentials over: another's, by its group
    REQUIRE(chown(path.c_str(), 65534, 0) == 0);
    chmod(path.c_str(), 0440);
    CHECK(MasterKey::load(path));
    for (const mode_t mode : {0444u, 0460u, 0644u}) {
      chmod(path.c_str(), mode);
      CHECK_FALSE(MasterKey::load(path));
    }
    REQUIRE(chown(path.c_str(), 0, 0) == 0);
  }
  for (const char* text :
       {"", "x", "authd-master-key-v1:", "authd-master-key-v1:AAAA", "authd-master-key-v2:AAAA"}) {
    REQUIRE(write_file_atomic(path, text, 0600));
    CHECK(MasterKey::load_or_create(path, random).error().code == ErrorCode::invalid);
  }
}
