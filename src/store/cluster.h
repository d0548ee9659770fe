// Several hosts on one PostgreSQL (store.engine = postgresql), as an operator sees them. Every
// function connects on its own and needs no running server. All errors are `unavailable` with a
// message for the operator, unless stated; with another engine, `invalid`.
#pragma once

#include <string>
#include <vector>

#include "store/engine.h"

namespace authd::store {

// A server, or a command that was killed. A node that ends in order leaves the list.
struct Node {
  std::string name;       // cluster.node
  std::string version;    // of the executable
  uint64_t revision = 0;  // of its copy, when it last reported
  Milliseconds seen{0};   // since then, by the clock of PostgreSQL
  bool leads = false;     // whether it runs the background jobs
};

struct ClusterStatus {
  uint64_t revision = 0;                  // the newest
  uint64_t oldest_kept = 0;               // the log has every revision after this one
  uint64_t log_commits = 0;               // how many that are
  std::string server_version;             // of PostgreSQL: "15.14"
  bool is_primary = false;                // false: a standby, which takes no writes
  bool is_synchronous = false;            // whether a commit waits for a standby
  std::string synchronous_commit;         // the setting of our role: "on", "off", …
  std::string synchronous_standby_names;  // the setting; empty: none
  bool is_superuser = false;              // our role has more rights than it needs
  Milliseconds clock_ahead{0};            // of PostgreSQL's clock before ours; negative: behind
  Milliseconds round_trip{0};             // of one statement
  std::vector<Node> nodes;                // by name
};

// The state of the cluster. Creates nothing. `not_found` when its schema has no data of authd.
Result<ClusterStatus> cluster_status(const Options& options);

// Removes a node that is gone for good from the list, so that the log need not be kept for it.
// `not_found` when there is no such node, `conflict` when it reported within the last 10 seconds.
Result<void> forget_node(const Options& options, const std::string& name);

// Marks the copy in the directory as void: the next process that opens it copies everything anew,
// even from a PostgreSQL that knows less than the copy (one that was promoted with loss). The
// caller holds the ServerLock.
Result<void> discard_copy(const Options& options);

}  // namespace authd::store
