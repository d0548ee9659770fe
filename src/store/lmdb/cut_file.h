// A truncated data file (a bad copy, or a disk that lost its end) would end the process with SIGBUS
// at the first access to a missing page, so opening checks for it.
#pragma once

#include <lmdb.h>

namespace authd::store {

// MDB_SUCCESS, or MDB_CORRUPTED when pages in use lie beyond the end of the file. The caller is in
// a write transaction, so the file does not change, and has not accessed a page yet.
int check_length(MDB_env* env);

}  // namespace authd::store
