// What systemd and a service say to each other: sd_notify(3) messages, the watchdog, and passed
// sockets (sd_listen_fds(3)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace authd::server {

class Systemd {
 public:
  // From the environment of the process: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, LISTEN_FDS,
  // LISTEN_PID.
  static Systemd from_environment();

  // Sends "READY=1" and the like; does nothing if systemd does not listen. Waits at most a second
  // if systemd's queue is full, and then gives up.
  void notify(std::string_view state) const;
  // How often to feed the watchdog: four times within the time after which it would end us, so that
  // one bad moment is not enough. nullopt if there is no watchdog.
  std::optional<Milliseconds> watchdog_period() const { return watchdog_; }
  // The listening sockets that were passed, from 3 on.
  const std::vector<int>& sockets() const { return sockets_; }

 private:
  std::string notify_socket_;
  std::optional<Milliseconds> watchdog_;
  std::vector<int> sockets_;
};

}  // namespace authd::server
