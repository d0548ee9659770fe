// Checks whether a store agrees with the declarations of the tables (schema.h).
#pragma once

#include <string>

#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::tables {

// Reports to `find`, in plain words, each row that
//   - lies under another key than the one that follows from it,
//   - is missing from an index that it should be in, or each index entry that names no such row,
//   - belongs to a user who neither exists nor is marked as deleted (erasure.h),
//   - ends and has no entry in `expiries`,
// and each entry of `expiries` that names no table whose rows end. A table that cannot be read is
// one finding; the others are still checked.
void check_relations(store::ReadTxn& tx, FunctionRef<void(std::string)> find);

}  // namespace authd::tables
