#include "store/lmdb/lock_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace authd::store {

int reserve_lock_file(const std::string& path, size_t bytes) {
  const UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat file;
  if (!fd || fstat(fd.get(), &file) != 0) return errno;
  // An existing file keeps its length: other processes have mapped it.
  const off_t length = file.st_size > 0 ? file.st_size : static_cast<off_t>(bytes);
  // Not posix_fallocate: on a file system without support, that function writes into the file,
  // which other processes are using. If fallocate is not supported, the file may have holes, as
  // when LMDB creates it.
  if (fallocate(fd.get(), 0, 0, length) == 0) return 0;
  return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
}

}  // namespace authd::store
