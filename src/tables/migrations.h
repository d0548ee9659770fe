// The version of the tables in a store, and the steps from each older one. The last transaction of
// a step writes the version too, so that a crash between steps loses nothing and repeats nothing.
//
// As long as an upgrade is not at its end, `numbers["upgrading_from"]` is the version that it began
// with: what the snapshot before it is of (server/data/snapshot.h).
#pragma once

#include <span>

#include "tables/schema.h"

namespace authd::tables {

// Step i brings version i to version i+1.
struct Migration {
  // What takes more than one transaction, before the last one: it reads and writes a bounded piece
  // at a time, and can be broken off anywhere and done again, since the store is of version i all
  // that time. Null: nothing does.
  using Prepare = Result<void> (*)(store::Store&);
  // The last transaction, which stays within the limits of one, less two writes.
  using Finish = Result<void> (*)(store::WriteTxn&);

  // NOLINTNEXTLINE(google-explicit-constructor): most steps are one function
  constexpr Migration(Finish last) : finish(last) {}
  constexpr Migration(Prepare first, Finish last) : prepare(first), finish(last) {}

  Prepare prepare = nullptr;
  Finish finish;
};

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
