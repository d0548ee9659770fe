#include "tables/expiry.h"

namespace authd::tables {
namespace {

std::string entry_key(Time when, char prefix, std::string_view key) {
  std::string entry = big_endian(static_cast<uint64_t>(when.time_since_epoch().count()));
  entry += prefix;
  entry += key;
  return entry;
}

constexpr size_t kTimeBytes = 8;

}  // namespace

void add_expiry(store::WriteTxn& tx, Time when, char prefix, std::string_view key) {
  expiries.put(tx, entry_key(when, prefix, key), Mark{});
}

Result<Swept> sweep_expired(store::Store& store, Time now) {
  // One entry costs at most four writes (row, index, old entry, new entry).
  static_assert(kSweepBatch * 4 <= store::kMaxWritesPerTransaction);
  const std::vector<std::string> due =
      TRY(store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> entries;
        const std::string end = entry_key(now + Milliseconds(1), '\0', "");
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
      if (!expiries.find(tx, entry)) continue;  // Another process swept it meanwhile.
      expiries.del(tx, entry);
      const TableInfo* table = entry.size() > kTimeBytes ? find_table(entry[kTimeBytes]) : nullptr;
      if (table == nullptr || table->expire == nullptr) {
        throw store::Fault(store::FaultKind::corrupt, "an expiry entry names no table");
      }
      const std::string_view key = std::string_view(entry).substr(kTimeBytes + 1);
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
