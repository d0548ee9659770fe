#include "base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "support/temp_dir.h"

using namespace authd;
namespace fs = std::filesystem;

namespace {

size_t entries_of(const test::TempDir& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory.path()), {}));
}

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a file is read back as it was written, at every size around the step of reading") {
  const test::TempDir directory;
  const std::string path = directory.file("data");
  for (const size_t size : {0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100'000}) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<char>(i * 31);
    REQUIRE(write_file_atomic(path, bytes, 0644));
    CHECK(read_file(path, 100'000).value() == bytes);
  }
}

TEST_CASE("a file beyond the limit is refused, one at the limit is read") {
  const test::TempDir directory;
  const std::string path = directory.file("data");
  REQUIRE(write_file_atomic(path, std::string(1000, 'x'), 0644));
  CHECK(read_file(path, 1000).value().size() == 1000);
  const Result<std::string> refused = read_file(path, 999);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::too_large);
  CHECK(contains(refused.error().message, path + " is larger than 999 bytes"));
}

TEST_CASE("a file without an end is refused, not read for ever") {
  CHECK(read_file("/dev/zero", 1 << 20).error().code == ErrorCode::too_large);
}

TEST_CASE("an error of reading names the path and the system's reason") {
  const test::TempDir directory;
  const Result<std::string> absent = read_file(directory.file("absent"), 10);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ErrorCode::not_found);
  CHECK(absent.error().message ==
        "cannot read " + directory.file("absent") + ": No such file or directory");
  const Result<std::string> a_directory = read_file(directory.file(""), 10);
  REQUIRE_FALSE(a_directory);
  CHECK(a_directory.error().code == ErrorCode::unavailable);
  CHECK(contains(a_directory.error().message, "Is a directory"));
}

TEST_CASE("a written file has the requested mode, whatever the umask") {
  const test::TempDir directory;
  const mode_t before = umask(0077);
  REQUIRE(write_file_atomic(directory.file("open"), "x", 0644));
  umask(0);
  REQUIRE(write_file_atomic(directory.file("closed"), "x", 0600));
  umask(before);
  CHECK(mode_of(directory.file("open")) == 0644);
  CHECK(mode_of(directory.file("closed")) == 0600);
}

TEST_CASE("writing leaves nothing beside the file, neither done nor failed") {
  const test::TempDir directory;
  REQUIRE(write_file_atomic(directory.file("data"), "old", 0644));
  REQUIRE(write_file_atomic(directory.file("data"), "new", 0644));
  CHECK(read_file(directory.file("data"), 10).value() == "new");
  CHECK(entries_of(directory) == 1);
  fs::create_directory(directory.file("taken"));
  const Result<void> refused = write_file_atomic(directory.file("taken"), "x", 0644);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(contains(refused.error().message, "cannot replace " + directory.file("taken")));
  CHECK(entries_of(directory) == 2);
}

TEST_CASE("writing into a missing directory names the path") {
  const test::TempDir directory;
  const std::string path = directory.file("absent/data");
  const Result<void> refused = write_file_atomic(path, "x", 0644);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_found);
  CHECK(contains(refused.error().message, path));
}

TEST_CASE("a write that fails half-way leaves the old file and nothing beside it") {
  const test::TempDir directory;
  const std::string path = directory.file("data");
  REQUIRE(write_file_atomic(path, "old", 0644));
  // A limit on the size of files acts as a full disk: the write stops at byte 1000.
  const auto before = signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  const rlimit limited{1000, unlimited.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limited) == 0);
  const Result<void> refused = write_file_atomic(path, std::string(5000, 'x'), 0644);
  setrlimit(RLIMIT_FSIZE, &unlimited);
  signal(SIGXFSZ, before);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(contains(refused.error().message, "cannot write " + path));
  CHECK(contains(refused.error().message, "File too large"));
  CHECK(read_file(path, 10).value() == "old");
  CHECK(entries_of(directory) == 1);
}

TEST_CASE("a reader sees the old or the new content, never a mixture") {
  const test::TempDir directory;
  const std::string path = directory.file("data");
  REQUIRE(write_file_atomic(path, std::string(50'000, 'a'), 0644));
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i)
      if (!write_file_atomic(path, std::string(50'000, i % 2 == 0 ? 'b' : 'a'), 0644)) break;
    is_over = true;
  });
  size_t mixed = 0;
  do {
    const Result<std::string> seen = read_file(path, 100'000);
    if (!seen || seen->size() != 50'000 || seen->find_first_not_of(seen->front()) != seen->npos) {
      ++mixed;
    }
  } while (!is_over);
  writer.join();
  CHECK(mixed == 0);
}

TEST_CASE("a descriptor is closed once, by the last that owns it") {
  int raw = -1;
  {
    UniqueFd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    REQUIRE(first);
    raw = first.get();
    UniqueFd second(std::move(first));
    CHECK_FALSE(first);
    CHECK(second.get() == raw);
    UniqueFd third;
    third = std::move(second);
    UniqueFd& same = third;
    third = std::move(same);
    CHECK(is_open(raw));
  }
  CHECK_FALSE(is_open(raw));
}

TEST_CASE("a descriptor is closed when it is replaced, and stays open when it is released") {
  UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int first = fd.get();
  fd.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(is_open(first));
  const int second = fd.release();
  CHECK_FALSE(fd);
  CHECK(is_open(second));
  close(second);
}
