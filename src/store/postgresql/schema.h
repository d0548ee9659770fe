// What lies in PostgreSQL, and the functions that run there.
//
//   authd_head     one row: the newest revision and its mark; writers lock it
//   authd_log      a row per commit: which keys it changed, and to what
//   authd_kv       the state: the newest value of each key
//   authd_writers  a row per process that writes: its last attempt and what became of it
//   authd_nodes    a row per server
//
// A mark is 16 random bytes per revision. Two histories with the same numbers differ in them: a
// primary that was promoted with loss and written to again is not taken for the one that a copy
// follows.
#pragma once

#include "store/postgresql/connection.h"

namespace authd::store {

// Of the tables and functions. A release that changes them raises it and reads the one before.
inline constexpr int64_t kSchemaFormat = 1;

// Whether the schema has data of authd. `invalid` when it is of a newer format.
Result<bool> has_schema(Connection& connection, Milliseconds limit);

// Creates what is missing. Several nodes may do so at once. Errors: `unavailable`, which says what
// right the role needs; `invalid` as above.
Result<void> prepare_schema(Connection& connection, const std::string& schema, Milliseconds limit);

}  // namespace authd::store
