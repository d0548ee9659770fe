// What the machine can do to the LMDB engine: full disks, damaged files, missing permissions. The
// store returns `unavailable`, logs what to do, and works again when the cause is gone.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <latch>
#include <thread>

#include "base/file.h"
#include "scratch.h"
#include "store/lmdb/engine.h"

using namespace authd;
using namespace authd::store;
using authd::test::RecordedLog;
using authd::test::ScratchDirectory;

namespace {

constexpr uint64_t kSmallMap = 16ull << 20;

Result<std::unique_ptr<Store>> try_open(const std::string& directory, Log& log = null_log()) {
  return open_lmdb({directory, kSmallMap}, log);
}

std::unique_ptr<Store> open(const std::string& directory, Log& log = null_log()) {
  Result<std::unique_ptr<Store>> opened = try_open(directory, log);
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

// The message with which opening fails.
std::string refusal(const std::string& directory) {
  const Result<std::unique_ptr<Store>> opened = try_open(directory);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::unavailable);
  INFO(opened.error().message);
  CHECK(opened.error().message.find(directory) != std::string::npos);
  return opened.error().message;
}

Result<void> put(Store& store, const std::string& key, const std::string& value) {
  return store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put(key, value);
    return {};
  });
}

std::string get(Store& store, const std::string& key) {
  const Result<std::string> found =
      store.read([&](ReadTxn& tx) -> Result<std::string> { return tx.get(key).value_or("-"); });
  return found ? *found : "unavailable";
}

// Puts large rows until one is refused; returns how many there are.
int fill(Store& store) {
  int rows = 0;
  while (put(store, "row" + std::to_string(rows), std::string(50'000, 'x')))
    rows += 1;
  return rows;
}

// A few hundred rows, on pages of two levels.
void put_rows(Store& store) {
  for (int transaction = 0; transaction < 5; ++transaction) {
    REQUIRE(store.write([&](WriteTxn& tx) -> Result<void> {
      for (int row = 0; row < 100; ++row)
        tx.put("row" + std::to_string(transaction * 100 + row), std::string(500, 'x'));
      return {};
    }));
  }
}

void overwrite(const std::string& path, off_t offset, const std::string& bytes) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(pwrite(fd.get(), bytes.data(), bytes.size(), offset) ==
          static_cast<ssize_t>(bytes.size()));
}

// A file system of 4 MiB; `is_mounted` is false if this machine does not allow it.
class SmallDisk {
 public:
  SmallDisk() {
    is_mounted = mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  ~SmallDisk() {
    if (is_mounted) umount2(directory_.path().c_str(), MNT_DETACH);
  }
  const std::string& path() const { return directory_.path(); }
  std::string file(const std::string& name) const { return directory_.file(name); }
  bool is_mounted = false;

 private:
  ScratchDirectory directory_;
};

}  // namespace

TEST_CASE("a full disk fails writes with the cause in the log, and nothing else") {
  const SmallDisk disk;
  if (!disk.is_mounted) {
    WARN("skipped: this machine does not let the test mount a small disk");
    return;
  }
  RecordedLog log;
  auto store = open(disk.path(), log);
  REQUIRE(put(*store, "first", "1"));
  std::ofstream(disk.file("filler")) << std::string(2 << 20, 'f');
  const int rows = fill(*store);
  CHECK(rows > 10);
  CHECK(log.text().find("free space on the disk") != std::string::npos);
  CHECK(get(*store, "first") == "1");
  CHECK(get(*store, "row" + std::to_string(rows - 1)).size() == 50'000);
  CHECK(get(*store, "row" + std::to_string(rows)) == "-");

  SECTION("more readers at once than ever before find room in the lock file") {
    constexpr int kReaders = 150;
    std::latch all_are_in(kReaders);
    std::atomic<int> values = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < kReaders; ++i) {
      readers.emplace_back([&] {
        const Result<bool> found = store->read([&](ReadTxn& tx) -> Result<bool> {
          all_are_in.arrive_and_wait();
          return tx.get("first") == "1";
        });
        if (found == true) values += 1;
      });
    }
    for (std::thread& reader : readers)
      reader.join();
    CHECK(values == kReaders);
  }
  SECTION("writes succeed once there is space, without a restart") {
    std::filesystem::remove(disk.file("filler"));
    CHECK(put(*store, "more", std::string(50'000, 'y')));
    CHECK(get(*store, "more").size() == 50'000);
  }
  SECTION("what was acknowledged is there after a restart") {
    store.reset();
    store = open(disk.path());
    CHECK(get(*store, "first") == "1");
    CHECK(get(*store, "row" + std::to_string(rows - 1)).size() == 50'000);
    CHECK(get(*store, "row" + std::to_string(rows)) == "-");
  }
}

TEST_CASE("a disk with no space at all refuses to open, and says so") {
  const SmallDisk disk;
  if (!disk.is_mounted) {
    WARN("skipped: this machine does not let the test mount a small disk");
    return;
  }
  std::ofstream(disk.file("filler")) << std::string(8 << 20, 'f');
  CHECK(refusal(disk.path()).find("free space") != std::string::npos);
}

TEST_CASE("at store.max_size large writes fail, small ones go on, and a larger size mends it") {
  const ScratchDirectory directory;
  RecordedLog log;
  auto store = open(directory.path(), log);
  const int rows = fill(*store);
  CHECK(rows > 200);
  CHECK(log.text().find("raise store.max_size") != std::string::npos);
  CHECK(get(*store, "row0").size() == 50'000);
  CHECK(store->write([](WriteTxn& tx) -> Result<void> {
    tx.del("row0");
    return {};
  }));
  CHECK(put(*store, "small", "1"));
  store.reset();
  store = *open_lmdb({directory.path(), 2 * kSmallMap}, null_log());
  CHECK(put(*store, "large", std::string(kMaxValueBytes, 'x')));
  CHECK(get(*store, "small") == "1");
}

// LMDB writes its header through a separate descriptor, the only one with O_DSYNC.
TEST_CASE("when the header cannot be written, the database is reopened") {
  const ScratchDirectory directory;
  RecordedLog log;
  const auto store = open(directory.path(), log);
  REQUIRE(put(*store, "before", "1"));
  const UniqueFd full(::open("/dev/full", O_RDWR | O_CLOEXEC));
  int header = -1;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const int fd = std::stoi(entry.path().filename());
    if (std::filesystem::read_symlink(entry.path(), ignored) == directory.file("data.mdb") &&
        (fcntl(fd, F_GETFL) & O_DSYNC) != 0) {
      header = fd;
    }
  }
  REQUIRE(header >= 0);
  REQUIRE(dup3(full.get(), header, O_CLOEXEC) == header);

  CHECK_FALSE(put(*store, "lost", "1"));
  SECTION("a reader finds out") {
    CHECK(get(*store, "before") == "1");
  }
  SECTION("a writer finds out") {
    CHECK(put(*store, "after", "1"));
  }
  CHECK(log.text().find("opened again") != std::string::npos);
  CHECK(put(*store, "after", "2"));
  CHECK(get(*store, "after") == "2");
  CHECK(get(*store, "before") == "1");
  CHECK(get(*store, "lost") == "-");
}

TEST_CASE("a file that is no database is refused, and left as it is") {
  const ScratchDirectory directory;
  const std::string text(20'000, 'j');
  std::ofstream(directory.file("data.mdb")) << text;
  CHECK(refusal(directory.path()).find("not an LMDB file") != std::string::npos);
  CHECK(read_file(directory.file("data.mdb"), 1 << 20).value() == text);
}

TEST_CASE("a database of another LMDB version is refused, and says what to do") {
  const ScratchDirectory directory;
  open(directory.path()).reset();
  // The version follows the page header (16 bytes) and the magic number, in both copies.
  for (const off_t page : {0, 4096})
    overwrite(directory.file("data.mdb"), page + 20, std::string("\7\0\0\0", 4));
  CHECK(refusal(directory.path()).find("run the authd that wrote it") != std::string::npos);
}

TEST_CASE("damaged pages are a fault of the transaction that meets them") {
  const ScratchDirectory directory;
  auto store = open(directory.path());
  put_rows(*store);
  store.reset();
  const auto size = static_cast<size_t>(std::filesystem::file_size(directory.file("data.mdb")));
  overwrite(directory.file("data.mdb"), 2 * 4096, std::string(size - 2 * 4096, '\0'));
  RecordedLog log;
  store = open(directory.path(), log);
  CHECK(get(*store, "row1") == "unavailable");
  CHECK_FALSE(put(*store, "row1", "y"));
  CHECK_FALSE(store->read([](ReadTxn& tx) -> Result<void> {
    tx.scan("", "", [](std::string_view, std::string_view) { return true; });
    return {};
  }));
  CHECK(log.text().find("restore a backup") != std::string::npos);
}

TEST_CASE("a database that was cut short is refused, each time") {
  const ScratchDirectory directory;
  auto store = open(directory.path());
  put_rows(*store);
  store.reset();
  const auto whole = std::filesystem::file_size(directory.file("data.mdb"));
  const auto cut = GENERATE_COPY(as<uintmax_t>(), whole - 4096, whole / 2, 3 * 4096 + 1);
  std::filesystem::resize_file(directory.file("data.mdb"), cut);
  for (int i = 0; i < 2; ++i) {
    const std::string why = refusal(directory.path());
    INFO(why);
    CHECK(why.find("restore a backup") != std::string::npos);
    CHECK(std::filesystem::file_size(directory.file("data.mdb")) == cut);
  }
}

// Pages that a transaction allocates and frees again are never written.
TEST_CASE("a sound database whose last pages are free and were never written opens") {
  const ScratchDirectory directory;
  auto store = open(directory.path());
  for (int i = 0; i < 5; ++i)  // so that there are free pages, and LMDB has their list at hand
    REQUIRE(put(*store, "small", "0"));
  REQUIRE(store->write([](WriteTxn& tx) -> Result<void> {
    tx.put("small", "1");
    tx.put("large", std::string(kMaxValueBytes, 'x'));
    tx.del("large");
    return {};
  }));
  const uint64_t used = store->stats().used_bytes;
  store.reset();
  REQUIRE(std::filesystem::file_size(directory.file("data.mdb")) < used);
  store = open(directory.path());
  CHECK(get(*store, "small") == "1");
}

TEST_CASE("a directory that is not there, or is a file, is refused with its name") {
  const ScratchDirectory directory;
  CHECK(refusal(directory.file("missing")).find("No such file") != std::string::npos);
  std::ofstream(directory.file("file")) << "x";
  CHECK(refusal(directory.file("file")).find("Not a directory") != std::string::npos);
}

TEST_CASE("a disk that is mounted read-only is refused, and says so") {
  SmallDisk disk;
  if (!disk.is_mounted) {
    WARN("skipped: this machine does not let the test mount a small disk");
    return;
  }
  open(disk.path()).reset();
  REQUIRE(mount("tmpfs", disk.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=4m") == 0);
  CHECK(refusal(disk.path()).find("writable") != std::string::npos);
}

TEST_CASE("the files are for their owner only, and nothing is reserved on the disk") {
  const ScratchDirectory directory;
  Result<std::unique_ptr<Store>> store = open_lmdb({.directory = directory.path()}, null_log());
  REQUIRE(store);
  CHECK((*store)->stats().max_bytes == 64ull << 30);
  for (const char* name : {"data.mdb", "lock.mdb"}) {
    struct stat file;
    REQUIRE(stat(directory.file(name).c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
    CHECK(file.st_size < 1 << 20);
  }
}

TEST_CASE("files that root makes in the directory of another user belong to that user") {
  if (geteuid() != 0) {
    WARN("skipped: only root can give files away");
    return;
  }
  const ScratchDirectory directory;
  REQUIRE(chown(directory.path().c_str(), 65534, 65534) == 0);
  const auto store = open(directory.path());
  REQUIRE(put(*store, "a", "1"));
  for (const char* name : {"data.mdb", "lock.mdb"}) {
    struct stat file;
    REQUIRE(stat(directory.file(name).c_str(), &file) == 0);
    CHECK(file.st_uid == 65534);
    CHECK(file.st_gid == 65534);
  }
}

TEST_CASE("a store that could not write says so until it can") {
  const ScratchDirectory directory;
  auto store = open(directory.path());
  CHECK(store->stats().can_write);
  fill(*store);  // to the end of the map
  CHECK_FALSE(store->stats().can_write);
  CHECK(get(*store, "row0").size() == 50'000);  // a read changes nothing
  const Result<void> refused = store->write([](WriteTxn&) -> Result<void> {
    return Error{ErrorCode::conflict, "no"};
  });
  CHECK_FALSE(refused);
  CHECK_FALSE(store->stats().can_write);
  REQUIRE(store->write([](WriteTxn& tx) -> Result<void> {
    tx.del("row0");
    return {};
  }));
  CHECK(store->stats().can_write);
}
