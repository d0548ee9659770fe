// How a data directory is opened (instance.h).
#pragma once

#include <functional>
#include <span>
#include <string>

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
  // Called first on every thread that the store starts.
  std::function<void()> begin_thread = {};
  // Called with a sentence that says that the store waits for another process.
  std::function<void(const std::string&)> tell = {};
  std::span<const tables::Migration> migrations = tables::released_migrations();
  // Whether this is `authd serve`. It has a chain of the audit log of its own, and of several hosts
  // on the same data it is one that may lead.
  bool serves = false;
};

}  // namespace authd::server
