// A background job (jobs.h has the list of them), and what one run of it came to.
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
  // Of jobs whose pace is configured (0: off) instead of `every`. It is kept over a restart.
  Milliseconds (*interval)(const config::Config&) = nullptr;
  // Instead of `run`, of jobs that take long: on the other thread, and given up when it is asked
  // to.
  Result<Progress> (*run_long)(const auth::Services&, Time now, const Stopping&) = nullptr;

  Milliseconds pace(const config::Config& config) const {
    return interval == nullptr ? every : interval(config);
  }
};

}  // namespace authd::server
