// The servers of other hosts that share the data (docs/cluster.md).
#pragma once

#include <vector>

#include "config/config.h"
#include "store/cluster.h"

namespace authd::server {

// A server that reported within this time is taken for running.
inline constexpr Milliseconds kServerReports = std::chrono::seconds(10);

// Those that run. Always empty for data of one host. Errors: those of store::cluster_status(),
// except that there may be no data yet.
Result<std::vector<store::Node>> other_servers(const config::Config& config);

}  // namespace authd::server
