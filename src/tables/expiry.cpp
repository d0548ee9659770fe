#include "tables/expiry.h"

#include <algorithm>

namespace authd::tables {
namespace {

// The most writes for one entry: the entry itself, and the row with its indexes or the new entry.
constexpr size_t entry_writes() {
  size_t most = 1;
  for_each_table([&]<typename T>(const T&) {
    most = std::max(most, T::kExpires ? T::kDelWrites : size_t{1});
  });
  return 1 + most;
}

constexpr size_t kSweepBatch = kWriteBudget / entry_writes();
static_assert(kSweepBatch >= 10);

}  // namespace

Result<Swept> sweep_expired(store::Store& store, Time now) {
  const std::vector<std::string> due =
      TRY(store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> entries;
        const std::string end = big_endian(now + Milliseconds(1));
        expiries.scan(tx, "", end, [&](std::string_view key, const Mark&) {
          entries.emplace_back(key);
          return entries.size() < kSweepBatch;
        });
        return entries;
      }));
  if (due.empty()) return Swept{};
  return store.write([&](store::WriteTxn& tx) -> Result<Swept> {
    Swept swept;
    for (const std::string& entry : due) {
      if (!expiries.find(tx, entry)) continue;  // Another process has swept it meanwhile.
      expiries.del(tx, entry);
      const TableInfo* table =
          entry.size() > kNumberBytes ? find_table(entry[kNumberBytes]) : nullptr;
      if (table == nullptr || table->expire == nullptr) {
        throw store::Fault(store::FaultKind::corrupt, "an expiry entry names no table");
      }
      const std::string_view key = std::string_view(entry).substr(kNumberBytes + 1);
      if (const std::optional<Time> later = table->expire(tx, key, now)) {
        add_expiry(tx, *later, table->prefix, key);
        swept.moved += 1;
      } else {
        swept.removed += 1;
      }
    }
    swept.more = due.size() == kSweepBatch;
    return swept;
  });
}

}  // namespace authd::tables
