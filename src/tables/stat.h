// How large each table is.
#pragma once

#include <string>
#include <vector>

#include "tables/schema.h"

namespace authd::tables {

struct TableSize {
  std::string name;
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of keys and values
};

// One row per table of the schema, in its order.
Result<std::vector<TableSize>> table_sizes(store::Store& store);

}  // namespace authd::tables
