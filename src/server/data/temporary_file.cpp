#include "server/data/temporary_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace authd::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPattern = ".XXXXXX";  // mkostemp(3)

Error cannot_write(const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable,
               "cannot write " + path + ": " + system_message(error_number)};
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& beside) : path_(beside + std::string(kPattern)) {
  fd_.reset(mkostemp(path_.data(), O_CLOEXEC));  // mode 0600
  // Without locks in the file system, another process may consider the file abandoned.
  if (fd_ && flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return;
}

TemporaryFile::~TemporaryFile() {
  if (fd_ && !is_kept_) unlink(path_.c_str());
}

Result<void> TemporaryFile::keep_as(const std::string& name, bool replaces) {
  if (replaces) {
    if (rename(path_.c_str(), name.c_str()) != 0) return cannot_write(name, errno);
    is_kept_ = true;
  } else if (link(path_.c_str(), name.c_str()) != 0) {  // Unlike rename() it never replaces.
    if (errno == EEXIST) return there_already(name);
    const bool has_links = errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS;
    if (has_links || access(name.c_str(), F_OK) == 0) return cannot_write(name, errno);
    return keep_as(name, true);
  }
  return sync_directory(parent_of(name));
}

Error TemporaryFile::there_already(const std::string& name) {
  return Error{ErrorCode::conflict,
               name + " already exists; name another file, or use --force to replace it"};
}

void remove_unfinished(const std::string& directory,
                       const std::function<bool(std::string_view name)>& is_ours) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    const size_t dot = name.rfind('.');
    if (dot == std::string::npos || name.size() - dot != kPattern.size()) continue;
    if (!is_ours(std::string_view(name).substr(0, dot))) continue;
    const UniqueFd fd(open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (fd && flock(fd.get(), LOCK_EX | LOCK_NB) == 0) fs::remove(entry.path(), ignored);
  }
}

}  // namespace authd::server
