#include "store/lmdb/open_files.h"

#include <fcntl.h>

#include <cerrno>

#include "base/process.h"
#include "store/directory.h"
#include "store/lmdb/error.h"

namespace authd::store {
namespace {

Error cannot_open(const std::string& directory, int error_number) {
  return Error{ErrorCode::unavailable,
               "cannot open the database in " + directory + ": " + explain(error_number)};
}

// The byte of the data file that stands for a lock file. It need not exist.
off_t byte_of(const struct stat& lock) {
  constexpr uint64_t kMask = (1ull << 62) - 1;
  return static_cast<off_t>(lock.st_ino & kMask);
}

struct flock range(short type, off_t first, off_t length) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = first;
  lock.l_len = length;
  return lock;
}

// On a system that cannot tell, LMDB's own locks do not work either.
bool is_marked(int data_fd, struct flock area) {
  return fcntl(data_fd, F_OFD_GETLK, &area) == 0 && area.l_type != F_UNLCK;
}

}  // namespace

Result<void> refuse_other_lock_file(int data_fd, const struct stat& lock,
                                    const std::string& directory) {
  const off_t ours = byte_of(lock);
  const bool is_used = (ours > 0 && is_marked(data_fd, range(F_WRLCK, 0, ours))) ||
                       is_marked(data_fd, range(F_WRLCK, ours + 1, 0));
  if (!is_used) return {};
  const std::optional<int> server = running_server(directory);
  const bool is_server = server && *server > 0 && *server != getpid();
  return Error{ErrorCode::conflict,
               directory + "/lock.mdb was removed or replaced while " +
                   (is_server ? describe_process(*server) + " works" : "an authd command works") +
                   " with it: " + (is_server ? "restart the server first" : "end that first") +
                   "; nothing can be written until then"};
}

Result<OpenFiles> OpenFiles::open(const std::string& directory) {
  OpenFiles files;
  files.data_path_ = directory + "/data.mdb";
  files.lock_path_ = directory + "/lock.mdb";
  files.lock_fd_.reset(::open(files.lock_path_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  files.data_fd_.reset(
      ::open(files.data_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!files.lock_fd_ || !files.data_fd_) return cannot_open(directory, errno);
  struct stat data;
  struct stat lock;
  if (fstat(files.data_fd_.get(), &data) != 0 || fstat(files.lock_fd_.get(), &lock) != 0) {
    return cannot_open(directory, errno);
  }
  files.data_ = identity_of(data);
  files.lock_ = identity_of(lock);
  // Our own mark first: if two processes start at once with two lock files, at most one may pass.
  struct flock mark = range(F_RDLCK, byte_of(lock), 1);
  static_cast<void>(fcntl(files.data_fd_.get(), F_OFD_SETLK, &mark));
  TRY(refuse_other_lock_file(files.data_fd_.get(), lock, directory));
  return files;
}

bool OpenFiles::are_in_place() const {
  struct stat data;
  struct stat lock;
  return stat(data_path_.c_str(), &data) == 0 && stat(lock_path_.c_str(), &lock) == 0 &&
         identity_of(data) == data_ && identity_of(lock) == lock_;
}

bool OpenFiles::has_data(int fd) const {
  struct stat data;
  return fstat(fd, &data) == 0 && identity_of(data) == data_;
}

}  // namespace authd::store
