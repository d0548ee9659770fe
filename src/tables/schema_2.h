// From schema 1 to schema 2, which has more tables:
//   - role_members: an entry for each role of each user,
//   - subjects: each user gets a subject (User::subject), and this is the index of them. It is the
//     only change of a row that schema 1 wrote,
//   - people: an entry for each user, for the search,
//   - erasures: marks of deleted users. Schema 1 erased what they owned without a mark, so a server
//     that was killed meanwhile left orphaned rows; their owners are marked now.
// No other rows change: a session gets its kind when it is next written (rows.h).
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// Runs in transactions of at most kWriteBudget writes each: 100,000 users do not fit into one. It
// records its progress, and continues from there after a crash.
Result<void> prepare_schema_2(store::Store& store);

// Removes the record of the progress.
Result<void> finish_schema_2(store::WriteTxn& tx);

}  // namespace authd::tables
