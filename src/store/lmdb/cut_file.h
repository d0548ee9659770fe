// A data file that was cut short (by a bad copy, or a disk that lost its end) would end the process
// with SIGBUS at the first look at a missing page, so opening looks for it.
#pragma once

#include <lmdb.h>

namespace authd::store {

// MDB_SUCCESS, or MDB_CORRUPTED when pages that are in use lie beyond the end of the file. The
// caller is in a write transaction, so that the file stands still, and has looked at no page yet.
int check_length(MDB_env* env);

}  // namespace authd::store
