// The expiry index: what becomes due, by time, over all tables that have rows which expire. An
// entry may be early, never late: a row whose end moves later (a session that is refreshed) keeps
// its entry, and the sweep moves the entry when it comes by. So a refresh writes one row and not
// three.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// Adds an entry for the row `key` of the table with `prefix`.
void add_expiry(store::WriteTxn& tx, Time when, char prefix, std::string_view key);

// Puts a row that is new, has an end and no index, with its entry here (two writes).
template <typename Row>
void put_expiring(store::WriteTxn& tx, const Table<Row>& table, std::string_view key,
                  const Row& row) {
  table.put(tx, key, row);
  add_expiry(tx, row.expires_at, table.prefix(), key);
}

struct Swept {
  size_t removed = 0;  // rows that are gone
  size_t moved = 0;    // entries that were early
  bool more = false;   // the batch was full: call again
};

// Removes what is due at `now`, at most kSweepBatch entries in one transaction.
inline constexpr size_t kSweepBatch = 20;
Result<Swept> sweep_expired(store::Store& store, Time now);

}  // namespace authd::tables
