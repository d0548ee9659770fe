// Another file in the place of the database, at one moment, with every other process locked out:
// for restoring and compacting. The caller holds the ServerLock and has not opened the database.
#pragma once

#include <string>

#include "store/lmdb/engine.h"

namespace authd::store {

// Puts the database file `fresh` (on the same file system) in the place of the directory's, at one
// moment. `former` is another name of the directory's file, by which that is put back when a step
// after that moment fails; empty: there is none, and `fresh` gets its name again. On an error all
// is as it was. Whoever comes later opens the new one. Errors: `conflict` when another process
// works on the database; `unavailable`.
Result<void> replace_lmdb(const std::string& directory, const std::string& fresh,
                          const std::string& former);

// Writes the database anew into the directory `scratch` (on the same file system, empty), with full
// pages and none that is free, and replaces it by that. Errors: the same.
Result<void> compact_lmdb(const LmdbOptions& options, const std::string& scratch);

}  // namespace authd::store
