// Sweeps expired rows with the expiry index: `expiries` lists the rows of all tables that end, by
// time. An entry may be early, never late: a row whose end moves later (a refreshed session) keeps
// its entry, and the sweep moves the entry when it gets there. So a refresh writes one row instead
// of three.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

struct Swept {
  size_t removed = 0;  // rows that are gone
  size_t moved = 0;    // entries that were early
  bool more = false;   // the batch was full: call again
};

// Removes what is due at `now`, up to as many entries as fit into one transaction.
Result<Swept> sweep_expired(store::Store& store, Time now);

}  // namespace authd::tables
