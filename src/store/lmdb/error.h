// Translates error codes of LMDB and the system into the kinds of store.h and messages that tell an
// operator what to do.
#pragma once

#include <string>

#include "store/store.h"

namespace authd::store {

FaultKind fault_kind(int lmdb_code);

// What happened and what to do: "MDB_MAP_FULL: …; raise store.max_size and restart".
std::string explain(int lmdb_code);

// Throws a Fault unless the code is MDB_SUCCESS. `action` names what was tried ("commit").
void check_lmdb(int lmdb_code, const char* action);

}  // namespace authd::store
