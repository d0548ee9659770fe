// How far processes may let the data file grow: each has its own store.max_size, and the file
// records the largest.
#pragma once

#include <lmdb.h>

#include <cstdint>

namespace authd::store {

// The largest map of any process that has committed, in bytes; 0 if it cannot be read. LMDB itself
// looks there only when the file has outgrown its own map; until then it considers a nearly full
// map full. Exact within a write transaction.
uint64_t recorded_map_size(MDB_env* env);

// The map of this process, in bytes.
uint64_t own_map_size(MDB_env* env);

}  // namespace authd::store
