#include "server/data/scratch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/time.h"
#include "store/directory.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "scratch.";

// Another process holds the lock on the whole directory while it removes abandoned directories. If
// it is stopped during that, it holds the lock without end.
constexpr Milliseconds kPatience = std::chrono::seconds(10);
constexpr Milliseconds kTryEvery{20};

Error failed(const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable,
               "cannot make a directory in " + path + ": " + system_message(error_number)};
}

UniqueFd open_locked(const std::string& path, int how) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd || flock(fd.get(), how) == 0) return fd;
  const int failure = errno;
  fd.reset();
  errno = failure;
  return fd;
}

// Invalid, with errno EWOULDBLOCK, if another process holds the lock for too long.
UniqueFd open_locked_soon(const std::string& path) {
  for (Milliseconds waited{0};; waited += kTryEvery) {
    UniqueFd fd = open_locked(path, LOCK_EX | LOCK_NB);
    if (fd || errno != EWOULDBLOCK || waited >= kPatience) return fd;
    std::this_thread::sleep_for(kTryEvery);
  }
}

void remove_unlocked(const std::string& data_dir) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(data_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    if (open_locked(entry.path().string(), LOCK_EX | LOCK_NB)) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace

Result<Scratch> Scratch::make(const std::string& data_dir) {
  // Held until the new directory has its own lock, so that no process considers it abandoned.
  const UniqueFd whole = open_locked_soon(data_dir);
  if (!whole && errno == EWOULDBLOCK) {
    return Error{ErrorCode::conflict,
                 "another authd has been making a directory in " + data_dir +
                     " for several seconds: resume it (kill -CONT), or end it"};
  }
  if (!whole) return failed(data_dir, errno);
  remove_unlocked(data_dir);
  std::string path = data_dir + "/" + std::string(kPrefix) + "XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return failed(data_dir, errno);
  store::adopt_directory(path);
  UniqueFd fd = open_locked(path, LOCK_EX | LOCK_NB);
  if (!fd) return failed(data_dir, errno);
  return Scratch(std::move(path), std::move(fd));
}

void Scratch::remove_abandoned(const std::string& data_dir) {
  // No other process locks a directory that was just created.
  if (const UniqueFd whole = open_locked_soon(data_dir)) remove_unlocked(data_dir);
}

Scratch::~Scratch() {
  if (!fd_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace authd::server
