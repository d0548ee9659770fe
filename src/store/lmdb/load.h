// Creates a database from records, for a restore. The file is written from front to back, so it is
// as small as possible; it is synced once, at the end.
#pragma once

#include "store/lmdb/engine.h"

namespace authd::store {

// Creates data.mdb in the directory, which has none and belongs to the caller alone. Returns the
// number of records; the file is durable by then. Errors: those of `next`; `invalid` when the keys
// are not in ascending order or something exceeds the limits of store.h; `unavailable` with what to
// do (disk full).
Result<uint64_t> load_lmdb(const LmdbOptions& options, NextRecord next);

}  // namespace authd::store
