// What every kind of server has around its front: signals, descriptors, systemd's watchdog, an end
// that takes no longer than it may.
#pragma once

#include <signal.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "config/config.h"
#include "http/front/front.h"
#include "server/process/systemd.h"
#include "server/watchdog.h"
#include "store/store.h"

namespace authd::server {

http::FrontOptions front_options(const config::Config& config, const Systemd& systemd, Log& log);

// Raises the limit to as many descriptors as the connections need, within the hard limit.
void raise_file_limit(uint64_t connections, Log& log);

// For `authd health`: "https 127.0.0.1:8443", a line for each address.
std::vector<std::string> listening(const config::Config& config, const http::Front& front);

// Ends as soon as nothing is in progress. If systemd waits less than we need, it is told how long.
void stop(const Systemd& systemd, Milliseconds patience, http::Front& front, Log& log);

// Signals arrive as reads on a descriptor, in the one thread that waits for them. Made before any
// thread is started.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The next signal; 0 if `timeout` passes first (negative: no timeout).
  int wait(Milliseconds timeout);
  // Whether a signal to end is pending.
  bool ask_to_end() const;

 private:
  UniqueFd fd_;
  sigset_t before_{};
};

// Feeds systemd's watchdog as long as the server makes progress. The loop that waits for signals
// calls it, so if that loop hangs, the watchdog is not fed either.
class Feeder {
 public:
  Feeder(const Systemd& systemd, const Clock& clock, store::Store& store, http::Front& front,
         Log& log);

  // The time until the next call, in whole milliseconds; negative: none.
  Milliseconds patience() const;
  void feed_when_due();

 private:
  const Systemd& systemd_;
  const Clock& clock_;
  Log& log_;
  const std::optional<Milliseconds> period_;
  std::optional<Watchdog> watchdog_;
  SteadyTime due_{};
};

}  // namespace authd::server
