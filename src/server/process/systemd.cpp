#include "server/process/systemd.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/file.h"
#include "config/reading/load.h"

namespace authd::server {
namespace {

constexpr int kFirstSocket = 3;
constexpr int kMaxSockets = 64;

int64_t number_of(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Systemd Systemd::from_environment() {
  const auto variable = [](const char* name) { return config::environment_variable(name); };
  Systemd systemd;
  systemd.notify_socket_ = variable("NOTIFY_SOCKET");
  const int64_t usec = number_of(variable("WATCHDOG_USEC"));
  const int64_t watched = number_of(variable("WATCHDOG_PID"));
  if (usec > 0 && (watched == 0 || watched == getpid())) {
    systemd.watchdog_ = Milliseconds(std::max<int64_t>(usec / 4000, 1));
  }
  if (number_of(variable("LISTEN_PID")) == getpid()) {
    const int64_t count = std::min<int64_t>(number_of(variable("LISTEN_FDS")), kMaxSockets);
    for (int i = 0; i < count; ++i)
      systemd.sockets_.push_back(kFirstSocket + i);
  }
  return systemd;
}

void Systemd::notify(std::string_view state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (notify_socket_.empty() || notify_socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, notify_socket_.data(), notify_socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract socket
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + notify_socket_.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  const timeval patience{1, 0};
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  (void)sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace authd::server
