#include "tables/stat.h"

namespace authd::tables {

Result<std::vector<TableSize>> table_sizes(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<std::vector<TableSize>> {
    std::vector<TableSize> sizes;
    for (const TableInfo& table : all_tables()) {
      TableSize size{table.name, 0, 0};
      const std::string first(1, table.prefix);
      tx.scan(first, end_of_prefix(first), [&](std::string_view key, std::string_view value) {
        size.rows += 1;
        size.bytes += key.size() + value.size();
        return true;
      });
      sizes.push_back(std::move(size));
    }
    return sizes;
  });
}

}  // namespace authd::tables
