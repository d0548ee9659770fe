#include "crypto/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace authd::crypto {
namespace {

// Container engines mount a service's secrets here, readable by every user of the container.
constexpr std::string_view kContainerSecrets = "/run/secrets/";

Error unreadable(const std::string& path, const std::string& what, int error_number) {
  return Error{error_number == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
               "cannot read the " + what + " " + path + ": " + system_message(error_number)};
}

// The key must be for this process alone. Another owner's file (root:authd 0640, or a systemd
// credential, whose access list stat() shows as the group's rights) reaches us by its group.
Result<void> check_mode(const std::string& path, const std::string& what, const struct stat& file) {
  if (!S_ISREG(file.st_mode)) {
    return Error{ErrorCode::invalid, "the " + what + " " + path + " is no regular file"};
  }
  mode_t refused = file.st_uid == geteuid() ? 0077 : 0037;
  if (path.starts_with(kContainerSecrets)) refused = 0022;
  if ((file.st_mode & refused) != 0) {
    return Error{ErrorCode::forbidden, "others can read the " + what + " " + path +
                                           ": chmod 600 it, and make a new one if they may have"};
  }
  return {};
}

}  // namespace

// The file that was checked is the file that is read: both by one descriptor.
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

}  // namespace authd::crypto
