// From schema 1 to schema 2, which has two tables more:
//   - role_members: an entry for each role of each user,
//   - erasures: marks of users who were deleted. Schema 1 erased what they owned without a mark, so
//     a server that was killed meanwhile left rows of nobody; their owners are marked now.
// No other row changes: a session gets its kind when it is next written (rows.h).
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// In many transactions of at most kWriteBudget writes: what 100,000 users have takes more than one.
// It notes how far it is, so that it goes on there after a crash.
Result<void> prepare_schema_2(store::Store& store);

// Removes that note.
Result<void> finish_schema_2(store::WriteTxn& tx);

}  // namespace authd::tables
