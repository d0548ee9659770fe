// Compacting: the database file never shrinks by itself, what is free is used again. To give the
// space back to the disk it is written anew and put in the place of the old one by one rename.
#pragma once

#include "base/result.h"
#include "config/config.h"

namespace authd::server {

// Errors: `conflict` when a server runs or another process works on
// the database, `not_found` without one, `unavailable` (disk full); the old file stays then.
Result<void> compact(const config::Config& config);

}  // namespace authd::server
