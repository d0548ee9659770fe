#include "store/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace authd::store {
namespace {

// An open file description lock (fcntl(2)) on the whole file: unlike flock(), it can be queried
// without being taken, so a command that looks for the server is never mistaken for one.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// What the operator can do about it; empty if the system's own message is enough.
const char* advice_for(int error_number) {
  switch (error_number) {
    case EROFS: return "; mount its disk writable: even reading needs that";
    case EACCES:
    case EPERM:
      return "; run this as the user that the server runs as, or as root (even reading needs write "
             "permission)";
    case ENOSPC:
    case EDQUOT: return "; free space there";
    case ENOTDIR: return "; name a directory as server.data_dir";
    default: return "";
  }
}

// Even a read takes a slot in the lock file, so nothing works without write permission.
Error cannot_use(const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable, "cannot use the data directory " + path + ": " +
                                           system_message(error_number) + advice_for(error_number)};
}

// Creates every missing directory of the path; only the last one is private.
Result<void> make_directories(std::string path) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) return cannot_use(parent, errno);
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return cannot_use(path, errno);
  return {};
}

std::string lock_path(const std::string& directory) {
  return directory + "/server.lock";
}

// Opens the lock file if a server holds its lock.
UniqueFd open_held(const std::string& directory) {
  UniqueFd fd(open(lock_path(directory).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct flock lock = whole_file();
  if (fd && (fcntl(fd.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)) fd.reset();
  return fd;
}

int read_pid(int fd) {
  char text[16] = {};
  const ssize_t got = pread(fd, text, sizeof text - 1, 0);
  int pid = 0;
  if (got > 0) std::from_chars(text, text + got, pid);
  return pid;
}

}  // namespace

Result<void> make_directory(const std::string& path, Log& log) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) {
    if (errno != ENOENT) return cannot_use(path, errno);
    TRY(make_directories(path));
    if (stat(path.c_str(), &found) != 0) return cannot_use(path, errno);
    log.info("data directory created", {{"directory", path}});
  }
  if (!S_ISDIR(found.st_mode)) return cannot_use(path, ENOTDIR);
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) return cannot_use(path, errno);
  return {};
}

Result<void> prepare_directory(const std::string& path, Log& log) {
  TRY(make_directory(path, log));
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return cannot_use(path, errno);
  if ((found.st_mode & 077) != 0) {
    log.warn("the data directory is accessible to other users: run chmod 700 on it",
             {{"directory", path}});
  }
  return {};
}

void adopt_owner(const std::string& file) {
  if (geteuid() != 0) return;
  struct stat of_directory;
  const size_t slash = file.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  if (stat(directory.c_str(), &of_directory) != 0 || of_directory.st_uid == 0) return;
  // The owner of the directory can put anything there under this name, even a link to one of root's
  // files. So only a plain file with no other name changes its owner. O_PATH, because closing a
  // common descriptor of LMDB's lock file would drop the locks of this process.
  const UniqueFd fd(open(file.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat of_file;
  if (!fd || fstat(fd.get(), &of_file) != 0) return;
  if (!S_ISREG(of_file.st_mode) || of_file.st_nlink != 1 || of_file.st_uid != 0) return;
  if (fchownat(fd.get(), "", of_directory.st_uid, of_directory.st_gid, AT_EMPTY_PATH) != 0) return;
}

void adopt_directory(const std::string& path) {
  if (geteuid() != 0) return;
  struct stat of_parent;
  if (stat(parent_of(path).c_str(), &of_parent) != 0 || of_parent.st_uid == 0) return;
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found;
  if (!fd || fstat(fd.get(), &found) != 0 || found.st_uid != 0) return;
  if (fchown(fd.get(), of_parent.st_uid, of_parent.st_gid) != 0) return;
}

Result<ServerLock> ServerLock::take(const std::string& directory) {
  const std::string path = lock_path(directory);
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return cannot_use(directory, errno);
  adopt_owner(path);
  struct flock lock = whole_file();
  if (fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) return cannot_use(directory, errno);
    const int pid = read_pid(fd.get());
    return Error{ErrorCode::conflict,
                 "another authd serves " + directory +
                     (pid > 0 ? " already (process " + std::to_string(pid) + ")" : " already") +
                     "; stop it, or name another --data-dir"};
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd.get(), 0) != 0 ||
      pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return cannot_use(directory, errno);
  }
  return ServerLock(std::move(fd));
}

void ServerLock::note(const std::vector<std::string>& lines) const {
  std::string text = std::to_string(getpid()) + "\n";
  for (const std::string& line : lines)
    text += line + "\n";
  const ssize_t written = pwrite(fd_.get(), text.data(), text.size(), 0);
  if (written >= 0 && ftruncate(fd_.get(), written) != 0) return;
}

std::optional<int> running_server(const std::string& directory) {
  const UniqueFd fd = open_held(directory);
  if (!fd) return std::nullopt;
  return read_pid(fd.get());
}

std::vector<std::string> notes_of_server(const std::string& directory) {
  constexpr size_t kMaxNotes = 64 << 10;
  const UniqueFd fd = open_held(directory);
  if (!fd) return {};
  std::string text(kMaxNotes, '\0');
  const ssize_t got = pread(fd.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  std::vector<std::string> lines;
  size_t begin = text.find('\n');  // after the process id
  while (begin != std::string::npos) {
    const size_t end = text.find('\n', begin + 1);
    if (end == std::string::npos) break;
    lines.push_back(text.substr(begin + 1, end - begin - 1));
    begin = end;
  }
  return lines;
}

}  // namespace authd::store
