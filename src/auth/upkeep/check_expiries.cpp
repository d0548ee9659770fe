#include "auth/upkeep/check_expiries.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "tables/schema.h"

namespace authd::auth {
namespace {

constexpr size_t kTimeBytes = 8;

// A row as a number: eight bytes for each of a million sessions. Two rows of one number could hide
// a finding, and never make one.
size_t number_of(std::string_view prefixed_key) {
  return std::hash<std::string_view>()(prefixed_key);
}

class Expiries {
 public:
  Expiries(store::ReadTxn& tx, FunctionRef<void(std::string)> find) : tx_(tx), find_(find) {
    tables::expiries.scan(tx, "", "", [&](std::string_view key, const tables::Mark&) {
      const tables::TableInfo* table =
          key.size() > kTimeBytes ? tables::find_table(key[kTimeBytes]) : nullptr;
      if (table == nullptr || table->expire == nullptr) {
        find_("an expiry entry names no table whose rows expire");
        return true;
      }
      entries_.push_back(number_of(key.substr(kTimeBytes)));
      return true;
    });
    std::sort(entries_.begin(), entries_.end());
  }

  template <typename Row>
  void check(const tables::Table<Row>& table) {
    size_t uncovered = 0;
    table.scan(tx_, "", "", [&](std::string_view key, const Row&) {
      const size_t row = number_of(table.full_key(key));
      if (!std::binary_search(entries_.begin(), entries_.end(), row)) uncovered += 1;
      return true;
    });
    if (uncovered > 0) {
      find_(std::to_string(uncovered) + " rows of " + table.name() + " have no expiry entry");
    }
  }

 private:
  store::ReadTxn& tx_;
  FunctionRef<void(std::string)> find_;
  std::vector<size_t> entries_;  // sorted
};

}  // namespace

void check_expiries(store::ReadTxn& tx, FunctionRef<void(std::string)> find) {
  Expiries expiries(tx, find);
  expiries.check(tables::sessions);
  expiries.check(tables::revoked_tokens);
  expiries.check(tables::one_time_tokens);
  expiries.check(tables::login_codes);
  expiries.check(tables::challenges);
  expiries.check(tables::attempts);
  expiries.check(tables::federated_logins);
  expiries.check(tables::api_keys);
}

}  // namespace authd::auth
