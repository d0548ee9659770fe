#include "tables/rows/parts.h"

#include "base/check.h"

namespace authd::tables {

void check_name_is_free(bool is_free) {
  CHECK(is_free);
}

void add_expiry(store::WriteTxn& tx, Time when, char prefix, std::string_view key) {
  std::string entry = big_endian(when);
  entry += prefix;
  entry += key;
  tx.put(FullKey(kExpiryPrefix, entry), encode_row(Mark{}));
}

}  // namespace authd::tables
