// Where the version of the tables is stored.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

inline constexpr const char* kVersionKey = "schema_version";

// 0 in a new, empty store.
inline uint64_t version_in(store::Reader& tx) {
  return numbers.find(tx, kVersionKey).value_or(Number{}).value;
}

}  // namespace authd::tables
