// How a data directory is opened (instance.h).
#pragma once

#include <functional>
#include <span>
#include <string>

#include "auth/core/audit.h"
#include "base/stop.h"
#include "tables/migrations.h"

namespace authd::server {

// Whether what is missing is made: directory, database, keys. Who only looks or changes what is
// there makes nothing, so that a slip in a path does not become an empty database.
enum class Making { allowed, refused };

struct Opening {
  Making making = Making::allowed;
  // What is asked during the snapshot before an upgrade, and while the store waits for another
  // process; as long as the instance lives.
  Stopping stopping = {};
  // Told, as a sentence, that the store waits for another process.
  std::function<void(const std::string&)> tell = {};
  std::span<const tables::Migration> migrations = tables::released_migrations();
  // The chain of the audit log that this process adds to (auth/core/audit.h).
  std::string_view writer = auth::kCommandWriter;
};

}  // namespace authd::server
