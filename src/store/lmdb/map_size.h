// How far processes may let the data file grow: each brings its own store.max_size, and the largest
// stands in the file.
#pragma once

#include <lmdb.h>

#include <cstdint>

namespace authd::store {

// The largest map that a process which committed has had, in bytes; 0 when it cannot be read. LMDB
// itself looks there only when the file has outgrown its own map, and until then takes what is
// nearly full for full. Exact within a write transaction.
uint64_t recorded_map_size(MDB_env* env);

// The map of this process, in bytes.
uint64_t own_map_size(MDB_env* env);

}  // namespace authd::store
