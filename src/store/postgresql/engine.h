// The engine for several hosts: an ordered log in PostgreSQL, and a copy of it in LMDB on every
// node.
//
// Reads are LMDB's: they see the copy, which is never older than the lease (follower.h). Writes are
// decided in PostgreSQL, against the newest state (writer.h). So an answer may be old by as much as
// the lease, and what is issued or changed never rests on old state.
#pragma once

#include <memory>

#include "base/log.h"
#include "store/options.h"
#include "store/store.h"

namespace authd::store {

// The directory is made unless it exists. Errors, with a message for the operator: `unavailable`
// when PostgreSQL cannot be reached or used; `invalid` when its data is of a newer format.
Result<std::unique_ptr<Store>> open_postgresql(const Options& options, Log& log);

// Fills a schema that has no data. Returns the number of records. Errors as in engine.h.
Result<uint64_t> load_postgresql(const Options& options, NextRecord next);

}  // namespace authd::store
