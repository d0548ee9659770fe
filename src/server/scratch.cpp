#include "server/scratch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

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

void remove_abandoned(const std::string& data_dir) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(data_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    if (open_locked(entry.path().string(), LOCK_EX | LOCK_NB)) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

// What root makes in a service's directory belongs to the service, like the directory.
void adopt_parent(const std::string& path, const std::string& parent) {
  struct stat of_parent;
  if (geteuid() != 0 || stat(parent.c_str(), &of_parent) != 0 || of_parent.st_uid == 0) return;
  if (lchown(path.c_str(), of_parent.st_uid, of_parent.st_gid) != 0) return;
}

}  // namespace

Result<Scratch> Scratch::make(const std::string& data_dir) {
  // Held until the new one has its own lock, so that nobody takes it for abandoned.
  const UniqueFd whole = open_locked(data_dir, LOCK_EX);
  if (!whole) return failed(data_dir, errno);
  remove_abandoned(data_dir);
  std::string path = data_dir + "/" + std::string(kPrefix) + "XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return failed(data_dir, errno);
  adopt_parent(path, data_dir);
  UniqueFd fd = open_locked(path, LOCK_EX | LOCK_NB);
  if (!fd) return failed(data_dir, errno);
  return Scratch(std::move(path), std::move(fd));
}

Scratch::~Scratch() {
  if (!fd_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace authd::server
