// A replica: a server beside an application, which answers whether a session, a token or an API key
// is good, from a copy of what another server has (docs/sidecar.md). SIGTERM and SIGINT drain and
// end; what a reload would change comes from the main server.
#pragma once

#include <functional>

#include "auth/replica/settings.h"
#include "base/log.h"
#include "base/random.h"
#include "config/reading/load.h"
#include "server/process/systemd.h"

namespace authd::server {

struct ReplicaServeOptions {
  config::Loaded loaded;
  // The configuration with what the main server has said in the place of this host's own.
  std::function<Result<config::Loaded>(const auth::SharedSettings&)> with_settings;
  Systemd systemd;
};

// Runs until a signal ends it. It waits for a main server that cannot be reached. Errors: those of
// listening, `forbidden` when the main server does not take the client, `conflict` when the
// directory is another server's or has a database; `unavailable` when the main server has other
// settings than at the start, which the next start has.
Result<void> serve_replica(ReplicaServeOptions options, Log& log, const Clock& clock,
                           Random& random);

}  // namespace authd::server
