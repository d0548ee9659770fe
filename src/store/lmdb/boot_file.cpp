#include "store/lmdb/boot_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "store/directory.h"

namespace authd::store {
namespace {

std::string boot_id() {
  const Result<std::string> id = read_file("/proc/sys/kernel/random/boot_id", 256);
  return id ? std::string(trimmed(*id, " \t\n")) : "";
}

Error cannot_use(const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable, "cannot use " + path + ": " + system_message(error_number)};
}

Result<void> remove_files(const std::string& directory) {
  for (const char* name : {"/data.mdb", "/lock.mdb"}) {
    const std::string path = directory + name;
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return cannot_use(path, errno);
  }
  return {};
}

// The file that says of which boot the files are; locked while somebody looks and removes.
Result<UniqueFd> lock_boot_file(const std::string& directory) {
  const std::string path = directory + "/boot";
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file || flock(file.get(), LOCK_EX) != 0) return cannot_use(path, errno);
  adopt_owner(path);
  return file;
}

Result<void> write_boot_file(const UniqueFd& file, const std::string& directory,
                             const std::string& id) {
  const std::string path = directory + "/boot";
  if (ftruncate(file.get(), 0) != 0 || lseek(file.get(), 0, SEEK_SET) != 0) {
    return cannot_use(path, errno);
  }
  TRY(write_all(file.get(), id, path));
  if (fdatasync(file.get()) != 0) return cannot_use(path, errno);
  return {};
}

}  // namespace

Result<bool> begin_boot(const std::string& directory) {
  const std::string id = boot_id();
  const UniqueFd file = TRY(lock_boot_file(directory));
  const std::string noted = TRY(read_file(directory + "/boot", 256));
  if (!id.empty() && noted == id) return true;
  TRY(remove_files(directory));
  TRY(write_boot_file(file, directory, id));
  return !id.empty();
}

Result<void> remove_unsynced(const std::string& directory) {
  const UniqueFd file = TRY(lock_boot_file(directory));
  TRY(remove_files(directory));
  return write_boot_file(file, directory, "");
}

}  // namespace authd::store
