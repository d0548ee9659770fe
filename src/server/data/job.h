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

// Of several servers on the same data: a job on shared rows runs on the one that leads
// (store::Store::leads), one about this process or this host on each.
enum class Where { leader, every_server };

struct Job {
  const char* name;  // also the label in /metrics
  Milliseconds every;
  Where where;
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
