#include "auth/upkeep/sealed_rows.h"

namespace authd::auth {

Result<std::map<std::string, uint64_t>> count_sealed(store::Store& store) {
  using Counts = std::map<std::string, uint64_t>;
  return store.read([](store::ReadTxn& tx) -> Result<Counts> {
    Counts counts;
    for_each_sealed_table([&]<typename T>(const T& table) {
      table.scan(tx, "", "", [&](std::string_view, const typename T::RowType& row) {
        visit_sealed(row, [&](const std::string& sealed, const std::string&, const std::string&) {
          counts[crypto::MasterKey::id_of(sealed)] += 1;
        });
        return true;
      });
    });
    return counts;
  });
}

}  // namespace authd::auth
