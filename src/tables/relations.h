// Whether what the declarations of the tables (schema.h) say does hold in a store.
#pragma once

#include <string>

#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::tables {

// Tells `find`, in words for people, of each row that
//   - lies under another key than the one that follows from it,
//   - is not in an index that it should be in, or of each index entry that names no such row,
//   - belongs to a user who is neither there nor marked as deleted (erasure.h),
//   - ends and has no entry in `expiries`,
// and of each entry of `expiries` that names no table whose rows end. A table that cannot be read
// is one finding, and the others are looked at all the same.
void check_relations(store::ReadTxn& tx, FunctionRef<void(std::string)> find);

}  // namespace authd::tables
