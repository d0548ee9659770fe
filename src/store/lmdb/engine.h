// The LMDB engine: one file, one flat table, readers that never wait, one writer at a time across
// all processes.
//
// Writers form groups. The first to arrive leads: it runs its own closure and every queued one,
// each in a nested transaction, so a closure that fails undoes only itself; then it commits once
// and wakes them all. While it commits, the next group gathers. A durable commit costs the same for
// one closure as for sixty, so the more writers there are, the cheaper each is.
//
// All of store.max_size is reserved as address space at the start, but nothing on disk: the file
// grows by itself, and no reader waits while a map is replaced.
#pragma once

#include <memory>

#include "base/log.h"
#include "store/lmdb/options.h"
#include "store/store.h"

namespace authd::store {

// A process may have a directory open only once at a time: LMDB's locks belong to the process, and
// opening it twice would lose them. Errors, with a message for the operator that names the
// directory: `conflict` when another process uses the directory with another lock file;
// `unavailable`, including when another process holds the writer lock, or the whole database, and
// makes no progress.
Result<std::unique_ptr<Store>> open_lmdb(const LmdbOptions& options, Log& log);

}  // namespace authd::store
