// The LMDB engine: one file, one flat table, readers that never wait, one writer at a time over all
// processes.
//
// Writers form groups. The first to come leads: it runs its own closure and every queued one, each
// in a nested transaction, so that one that fails undoes only itself, commits once, and wakes all.
// While it commits, the next group gathers. A durable commit costs the same for one closure as for
// sixty, so the more writers there are, the cheaper each is.
//
// The whole of store.max_size is reserved as address space at the start (on the disk, nothing is):
// the file grows by itself, and no reader waits for a map that is being replaced.
#pragma once

#include <memory>

#include "base/log.h"
#include "store/lmdb/options.h"
#include "store/store.h"

namespace authd::store {

// A process opens a directory once at a time: LMDB's locks belong to the process, and the second
// opening would lose them. Errors, with a message for the operator that names the directory:
// `conflict` when another process works there with another lock file; `unavailable`, also when
// another process holds the lock of the writers, or the whole database, and makes no progress.
Result<std::unique_ptr<Store>> open_lmdb(const LmdbOptions& options, Log& log);

}  // namespace authd::store
