// The version of the tables in a store, and the steps from each older one. A step runs in one
// transaction together with the row that says it was done, so that a crash between steps loses
// nothing and repeats nothing.
//
// As long as an upgrade is not at its end, `numbers["upgrading_from"]` is the version that it began
// with: what the snapshot before it is of (server/snapshot.h).
#pragma once

#include <span>

#include "tables/schema.h"

namespace authd::tables {

// Step i brings version i to version i+1. Big tables are migrated lazily, row by row as they are
// written, or in a resumable job; a step stays within the limits of one transaction, less two
// writes.
using Migration = Result<void> (*)(store::WriteTxn&);

// Those of this binary: kSchemaVersion of them.
std::span<const Migration> released_migrations();

// The version in the store; 0 when it is new and empty.
Result<uint64_t> schema_version(store::Store& store);

// The version that an unfinished upgrade began with; the present one when there is none.
Result<uint64_t> upgrading_from(store::Store& store);

// Brings the store to the version after the last step; returns the version that was found. Errors:
// `unavailable` with a message for the operator when the store is newer than that, or a step
// failed.
Result<uint64_t> migrate(store::Store& store,
                         std::span<const Migration> steps = released_migrations());

}  // namespace authd::tables
