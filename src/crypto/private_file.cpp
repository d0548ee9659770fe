#include "crypto/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/file.h"

namespace authd::crypto {
namespace {

// Container engines mount a service's secrets here, readable by every user of the container.
constexpr std::string_view kContainerSecrets = "/run/secrets/";
// systemd.exec(5), LoadCredential=
constexpr std::string_view kSystemdCredentials = "/run/credentials/";

Error unreadable(const std::string& path, const std::string& what, int error_number) {
  return Error{error_number == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
               "cannot read the " + what + " " + path + ": " + system_message(error_number)};
}

// Only this process may be able to read the key. A file of another owner (root:authd 0640, or a
// systemd credential, whose access list stat() reports as group permissions) is read through its
// group.
Result<void> check_mode(const std::string& path, const std::string& what, const struct stat& file) {
  if (!S_ISREG(file.st_mode)) {
    return Error{ErrorCode::invalid, "the " + what + " " + path + " is not a regular file"};
  }
  mode_t refused = file.st_uid == geteuid() ? 0077 : 0037;
  if (path.starts_with(kContainerSecrets)) refused = 0022;
  if ((file.st_mode & refused) != 0) {
    return Error{ErrorCode::forbidden,
                 "others can read the " + what + " " + path +
                     ": run chmod 600 on it, and replace it if they may have read it"};
  }
  return {};
}

}  // namespace

// One descriptor for both, so the checked file is the one that is read.
Result<std::string> read_private_file(const std::string& path, const std::string& what,
                                      size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return unreadable(path, what, errno);
  struct stat file;
  if (fstat(fd.get(), &file) != 0) return unreadable(path, what, errno);
  TRY(check_mode(path, what, file));
  std::string text(max_bytes, '\0');
  ssize_t size = 0;
  do {
    size = read(fd.get(), text.data(), text.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) return unreadable(path, what, errno);
  text.resize(static_cast<size_t>(size));
  return text;
}

bool is_provided_file(const std::string& path) {
  return path.starts_with(kContainerSecrets) || path.starts_with(kSystemdCredentials);
}

// The owner is set before the file is renamed into place. After a crash between the two in the
// other order, a server that runs as another user could not start.
Result<void> write_private_file(const std::string& path, const std::string& model,
                                std::string_view bytes) {
  const auto failed = [&](int error_number) {
    return Error{ErrorCode::unavailable,
                 "cannot write " + path + ": " + system_message(error_number)};
  };
  struct stat like;
  if (stat(model.c_str(), &like) != 0) return failed(errno);
  return write_file_atomic(path, kUnfinished, bytes, [&](int fd) -> Result<void> {
    struct stat made;
    if (fstat(fd, &made) != 0) return failed(errno);
    const bool is_theirs = made.st_uid == like.st_uid && made.st_gid == like.st_gid;
    if (!is_theirs && fchown(fd, like.st_uid, like.st_gid) != 0) return failed(errno);
    if (fchmod(fd, like.st_mode & 0777) != 0) return failed(errno);
    return {};
  });
}

}  // namespace authd::crypto
