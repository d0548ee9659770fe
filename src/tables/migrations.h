// The version of the tables in a store, and the steps from each older one. A step runs in one
// transaction together with the row that says it was done, so that a crash between steps loses
// nothing and repeats nothing.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// The version in the store; 0 when it is new and empty.
Result<uint64_t> schema_version(store::Store& store);

// Brings the store to kSchemaVersion; returns the version that was found. Errors: `unavailable`
// with a message for the operator when the store is newer than this binary, or a step failed.
Result<uint64_t> migrate(store::Store& store);

}  // namespace authd::tables
