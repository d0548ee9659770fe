// The version of the tables in a store, and the steps from each older version. The last transaction
// of a step also writes the version, so a crash between steps neither loses nor repeats anything.
//
// Until an upgrade ends, `numbers["upgrading_from"]` is the version that it began with: the version
// of the snapshot taken before it (server/data/snapshot.h).
#pragma once

#include <span>

#include "tables/schema.h"

namespace authd::tables {

// Step i brings version i to version i+1.
struct Migration {
  // The work before the last transaction, if it takes more than one: it reads and writes a bounded
  // piece at a time. It can be interrupted anywhere and repeated, since the store keeps version i
  // all that time. May be null.
  using Prepare = Result<void> (*)(store::Store&);
  // The last transaction, which leaves two writes of the limit free.
  using Finish = Result<void> (*)(store::WriteTxn&);

  // NOLINTNEXTLINE(google-explicit-constructor): most steps are one function
  constexpr Migration(Finish last) : finish(last) {}
  constexpr Migration(Prepare first, Finish last) : prepare(first), finish(last) {}

  Prepare prepare = nullptr;
  Finish finish;
};

// The steps of this binary: kSchemaVersion of them.
std::span<const Migration> released_migrations();

// The version in the store; 0 if it is new and empty.
Result<uint64_t> schema_version(store::Store& store);

// The version that an unfinished upgrade began with; the current one if there is none.
Result<uint64_t> upgrading_from(store::Store& store);

// Upgrades the store to the version after the last step; returns the version that it found. Error:
// `unavailable`, with a message for the operator, if the store is newer than that or a step failed.
Result<uint64_t> migrate(store::Store& store,
                         std::span<const Migration> steps = released_migrations());

}  // namespace authd::tables
