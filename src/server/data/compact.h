// Compacting. The database file never shrinks: free space inside it is reused. To return the space
// to the disk, a new file is written, and one rename replaces the old one.
#pragma once

#include "base/result.h"
#include "config/config.h"

namespace authd::server {

// Errors: `conflict` if a server or another process uses the database, `not_found` if there is
// none, `unavailable` (disk full). The old file then stays.
Result<void> compact(const config::Config& config);

}  // namespace authd::server
