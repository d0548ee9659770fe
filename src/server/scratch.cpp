#include "server/scratch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "store/directory.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "scratch.";

Error failed(const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable,
               "cannot make a directory in " + path + ": " + system_message(error_number)};
}

UniqueFd open_locked(const std::string& path, int how) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (fd && flock(fd.get(), how) != 0) fd.reset();
  return fd;
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
  // Held until the new one has its own lock, so that nobody takes it for abandoned.
  const UniqueFd whole = open_locked(data_dir, LOCK_EX);
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
  // Nobody is about to lock one that was just made.
  if (const UniqueFd whole = open_locked(data_dir, LOCK_EX)) remove_unlocked(data_dir);
}

Scratch::~Scratch() {
  if (!fd_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace authd::server
