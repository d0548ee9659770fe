#include "store/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "store/scratch.h"

using namespace authd;
using namespace authd::store;
using authd::test::RecordedLog;
using authd::test::ScratchDirectory;

namespace {

struct stat look(const std::string& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found;
}

constexpr uid_t kOther = 65534;

bool skipped_without_root() {
  if (geteuid() == 0) return false;
  WARN("skipped: only root can give files away");
  return true;
}

}  // namespace

TEST_CASE("a missing data directory is made with its parents, private, and that is said") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("a/b/data") + GENERATE(as<std::string>(), "", "/", "//");
  RecordedLog log;
  REQUIRE(prepare_directory(path, log));
  CHECK((look(scratch.file("a/b/data")).st_mode & 0777) == 0700);
  CHECK(log.text().find("data directory created directory=\"" + path) != std::string::npos);
  CHECK(log.text().find("chmod") == std::string::npos);
}

TEST_CASE("a data directory that is there and private is taken without a word") {
  const ScratchDirectory scratch;
  RecordedLog log;
  REQUIRE(prepare_directory(scratch.path(), log));
  CHECK(log.text().empty());
}

TEST_CASE("a data directory that others may look into is warned of") {
  const ScratchDirectory scratch;
  REQUIRE(chmod(scratch.path().c_str(), GENERATE(0750, 0701, 0705)) == 0);
  RecordedLog log;
  REQUIRE(prepare_directory(scratch.path(), log));
  CHECK(log.text().find("chmod 700") != std::string::npos);
}

TEST_CASE("a data directory that cannot be used is refused with its path and the cause") {
  const ScratchDirectory scratch;
  std::ofstream(scratch.file("file")) << "x";
  for (const char* name : {"file", "file/below"}) {
    const Result<void> refused = prepare_directory(scratch.file(name), null_log());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().message.find(scratch.file("file")) != std::string::npos);
    CHECK(refused.error().message.find("Not a directory") != std::string::npos);
  }
}

TEST_CASE("a file that root makes in the directory of another user is given to that user") {
  if (skipped_without_root()) return;
  const ScratchDirectory scratch;
  REQUIRE(chown(scratch.path().c_str(), kOther, kOther) == 0);
  std::ofstream(scratch.file("new")) << "x";
  adopt_owner(scratch.file("new"));
  CHECK(look(scratch.file("new")).st_uid == kOther);
  CHECK(look(scratch.file("new")).st_gid == kOther);
}

TEST_CASE("in a directory of root's, files stay root's") {
  if (skipped_without_root()) return;
  const ScratchDirectory scratch;
  std::ofstream(scratch.file("new")) << "x";
  adopt_owner(scratch.file("new"));
  CHECK(look(scratch.file("new")).st_uid == 0);
}

TEST_CASE("a link that the owner of the directory has put there gives no file of root's away") {
  if (skipped_without_root()) return;
  const ScratchDirectory scratch;
  const ScratchDirectory of_root;
  REQUIRE(chown(scratch.path().c_str(), kOther, kOther) == 0);
  std::ofstream(of_root.file("shadow")) << "x";
  REQUIRE(symlink(of_root.file("shadow").c_str(), scratch.file("soft").c_str()) == 0);
  REQUIRE(link(of_root.file("shadow").c_str(), scratch.file("hard").c_str()) == 0);
  for (const char* name : {"soft", "hard", "missing"})
    adopt_owner(scratch.file(name));
  CHECK(look(of_root.file("shadow")).st_uid == 0);
}

TEST_CASE("a second server on a data directory is refused with the process id of the first") {
  const ScratchDirectory scratch;
  const Result<ServerLock> first = ServerLock::take(scratch.path());
  REQUIRE(first);
  const Result<ServerLock> second = ServerLock::take(scratch.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message.find(scratch.path()) != std::string::npos);
  CHECK(second.error().message.find("process " + std::to_string(getpid())) != std::string::npos);
  CHECK(running_server(scratch.path()) == getpid());
}

TEST_CASE("the lock ends with its server, and asking who holds it does not take it") {
  const ScratchDirectory scratch;
  CHECK(running_server(scratch.path()) == std::nullopt);
  { REQUIRE(ServerLock::take(scratch.path())); }
  CHECK(running_server(scratch.path()) == std::nullopt);
  REQUIRE(ServerLock::take(scratch.path()));
}

TEST_CASE("a moved lock is still held, and is private") {
  const ScratchDirectory scratch;
  Result<ServerLock> taken = ServerLock::take(scratch.path());
  REQUIRE(taken);
  const ServerLock kept = std::move(*taken);
  CHECK(running_server(scratch.path()) == getpid());
  CHECK((look(scratch.file("server.lock")).st_mode & 0777) == 0600);
}

TEST_CASE("where the server listens can be read while it runs") {
  const ScratchDirectory scratch;
  CHECK(notes_of_server(scratch.path()).empty());
  const std::vector<std::string> notes = {"https 127.0.0.1:8443", "https unix:/run/authd.sock"};
  {
    const Result<ServerLock> lock = ServerLock::take(scratch.path());
    REQUIRE(lock);
    CHECK(notes_of_server(scratch.path()).empty());
    lock->note(notes);
    CHECK(notes_of_server(scratch.path()) == notes);
    lock->note({"http [::1]:8080"});
    CHECK(notes_of_server(scratch.path()) == std::vector<std::string>{"http [::1]:8080"});
    CHECK(running_server(scratch.path()) == getpid());
  }
  CHECK(notes_of_server(scratch.path()).empty());
}

TEST_CASE("a lock file that is a link is not followed") {
  const ScratchDirectory scratch;
  const ScratchDirectory elsewhere;
  REQUIRE(symlink(elsewhere.file("victim").c_str(), scratch.file("server.lock").c_str()) == 0);
  const Result<ServerLock> refused = ServerLock::take(scratch.path());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK_FALSE(std::filesystem::exists(elsewhere.file("victim")));
}

TEST_CASE("what an earlier server left in the lock file does not matter") {
  const ScratchDirectory scratch;
  std::ofstream(scratch.file("server.lock")) << "99999999999 and more";
  const Result<ServerLock> taken = ServerLock::take(scratch.path());
  REQUIRE(taken);
  CHECK(running_server(scratch.path()) == getpid());
}
