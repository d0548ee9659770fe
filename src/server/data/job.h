// A background job (jobs.h has the list), and the result of one run.
#pragma once

#include <cstddef>

#include "auth/core/services.h"
#include "base/stop.h"

namespace authd::server {

struct Progress {
  size_t done = 0;    // rows
  bool more = false;  // call again at once
};

struct Job {
  const char* name;  // also the label in /metrics
  Milliseconds every;
  Result<Progress> (*run)(const auth::Services&, Time now);
  // Replaces `every` for jobs whose interval is configured (0: off). A restart does not reset it.
  Milliseconds (*interval)(const config::Config&) = nullptr;
  // Replaces `run` for jobs that take long: runs on the other thread, and gives up when asked to.
  Result<Progress> (*run_long)(const auth::Services&, Time now, const Stopping&) = nullptr;

  Milliseconds pace(const config::Config& config) const {
    return interval == nullptr ? every : interval(config);
  }
};

}  // namespace authd::server
