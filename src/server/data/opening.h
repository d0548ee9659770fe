// How a data directory is opened (instance.h).
#pragma once

#include <functional>
#include <span>
#include <string>

#include "auth/core/audit/audit.h"
#include "base/stop.h"
#include "tables/migrations.h"

namespace authd::server {

// Whether to create what is missing: directory, database, keys. Commands that only read or change
// existing data create nothing, so a wrong path does not become an empty database.
enum class Making { allowed, refused };

struct Opening {
  Making making = Making::allowed;
  // Called during the snapshot before an upgrade, and while the store waits for another process.
  // Must outlive the instance.
  Stopping stopping = {};
  // Called with a sentence that says that the store waits for another process.
  std::function<void(const std::string&)> tell = {};
  std::span<const tables::Migration> migrations = tables::released_migrations();
  // The chain of the audit log that this process appends to (auth/core/audit/audit.h).
  std::string_view writer = auth::kCommandWriter;
};

}  // namespace authd::server
