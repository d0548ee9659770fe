// The sweep of what has ended, by the expiry index: `expiries` lists by time, over all tables, the
// rows that end. An entry may be early, never late: a row whose end moves later (a session that is
// refreshed) keeps its entry, and the sweep moves the entry when it comes by. So a refresh writes
// one row and not three.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

struct Swept {
  size_t removed = 0;  // rows that are gone
  size_t moved = 0;    // entries that were early
  bool more = false;   // the batch was full: call again
};

// Removes what is due at `now`: as many entries as fit one transaction.
Result<Swept> sweep_expired(store::Store& store, Time now);

}  // namespace authd::tables
