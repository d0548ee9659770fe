#include "cli/frame/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace authd::cli {

Result<UniqueFd> open_input(const std::string& file) {
  UniqueFd fd(file == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                          : open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return fd;
  return Error{errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
               "cannot open " + file + ": " + system_message(errno)};
}

Result<std::string> read_input(const std::string& file, size_t max_bytes) {
  return read_file(file == "-" ? "/dev/stdin" : file, max_bytes);
}

}  // namespace authd::cli
