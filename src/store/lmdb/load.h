// A new database out of records: what restoring needs. The file is written from front
// to back, so it is as small as it can be, and it is synced once, at the end.
#pragma once

#include "store/lmdb/engine.h"

namespace authd::store {

// Makes data.mdb in the directory, which has none and belongs to the caller alone. Returns the
// number of records; the file is durable then. Errors: those of `next`; `invalid` when keys do not
// rise or something is beyond the limits of store.h; `unavailable` with what to do (disk full).
Result<uint64_t> load_lmdb(const LmdbOptions& options, NextRecord next);

}  // namespace authd::store
