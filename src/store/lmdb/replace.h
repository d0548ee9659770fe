// Replaces the file of the database atomically, with every other process locked out: for restoring
// and compacting. The caller holds the ServerLock and has not opened the database.
#pragma once

#include <string>

#include "store/lmdb/engine.h"

namespace authd::store {

// Atomically replaces the directory's database file with `fresh` (on the same file system).
// `former` is a second name of the old file: if a step after the replacement fails, the old file is
// restored from it. If empty, there is no old file, and `fresh` gets its name back. On an error
// nothing has changed. Processes that open the database later open the new one. Errors: `conflict`
// when another process uses the database; `unavailable`.
Result<void> replace_lmdb(const std::string& directory, const std::string& fresh,
                          const std::string& former);

// Rewrites the database into the directory `scratch` (empty, on the same file system), with full
// pages and no free ones, and replaces it with the result. Errors: the same.
Result<void> compact_lmdb(const LmdbOptions& options, const std::string& scratch);

}  // namespace authd::store
