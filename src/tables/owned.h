// The rows that a user owns in one table.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tables/schema.h"

namespace authd::tables {

// Where a row owned by a user is.
struct OwnedKey {
  std::string key;    // of the row
  std::string entry;  // of the index entry that names it; empty if the row is found by its own key
};

// Calls `visit(OwnedKey)` for each row of the user until it returns false. An index entry may name
// a row that is gone.
template <typename T, typename Visit>
void scan_owned(store::ReadTxn& tx, const T& table, UserId user, Visit&& visit) {
  using Owner = typename T::Owner;
  static_assert(Owner::kFound != OwnedRows::until_ended);
  const std::string prefix = big_endian(user.value);
  const std::string end = end_of_prefix(prefix);
  if constexpr (Owner::kFound == OwnedRows::by_key) {
    table.scan(tx, prefix, end, [&](std::string_view key, const auto&) {
      return visit(OwnedKey{std::string(key), ""});
    });
  } else {
    using Index = typename T::template IndexIn<Owner::kIndex>;
    Owner::kIndex.scan(tx, prefix, end, [&](std::string_view entry, const auto& row) {
      return visit(OwnedKey{Index::row_key_of(entry, row), std::string(entry)});
    });
  }
}

// The rows of the user, in the order of their keys or index entries, at most `limit`.
template <typename T>
std::vector<typename T::RowType> rows_of(store::ReadTxn& tx, const T& table, UserId user,
                                         size_t limit = std::numeric_limits<size_t>::max()) {
  std::vector<typename T::RowType> rows;
  if (limit == 0) return rows;
  scan_owned(tx, table, user, [&](const OwnedKey& at) {
    if (auto row = table.find(tx, at.key)) rows.push_back(std::move(*row));
    return rows.size() < limit;
  });
  return rows;
}

}  // namespace authd::tables
