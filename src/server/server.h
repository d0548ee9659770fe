// The server: opens the instance, starts the front and the jobs, and waits for signals. SIGTERM and
// SIGINT drain and end; SIGHUP reloads certificate, limits, hosts, origins and log level.
#pragma once

#include <functional>

#include "base/log.h"
#include "base/random.h"
#include "config/reading/load.h"
#include "server/process/systemd.h"

namespace authd::server {

struct ServeOptions {
  config::Loaded loaded;
  // Reads the configuration again (SIGHUP).
  std::function<Result<config::Loaded>()> reload;
  Systemd systemd;
  // Shows a person at a terminal the link that makes the first administrator; without it the link
  // is in the log.
  std::function<void(const std::string& url)> show_setup = {};
  bool may_change_rp_id =
      false;  // though passkeys stop working (auth/accounts/passkeys/relying_party.h)
};

// Runs until a signal ends it. Errors: those of opening and listening; `conflict` if another server
// uses the data directory.
Result<void> serve(ServeOptions options, Log& log, const Clock& clock, Random& random);

}  // namespace authd::server
