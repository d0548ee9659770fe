// A store that somebody else has written to: `authd db check` and the removal of expired rows
// terminate, whatever it contains. A line of the input is a record: its key, a space, its value,
// both with bytes as %XX.
#include <map>

#include "auth/upkeep/check.h"
#include "base/encoding.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

using Records = std::map<std::string, std::string>;

Records records_of(std::string_view text) {
  constexpr size_t kMost = 32;  // A transaction has a limit of writes.
  Records records;
  Dice lines(text);
  while (!lines.is_empty() && records.size() < kMost) {
    const std::string_view line = lines.line();
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const auto key = percent_decode(line.substr(0, space));
    const auto value = percent_decode(line.substr(space + 1));
    const bool is_key = key && !key->empty() && key->size() <= store::kMaxKeyBytes;
    if (is_key && value) records[*key] = *value;
  }
  return records;
}

void put_all(store::Store& store, const Records& records) {
  CHECK(store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (const auto& [key, value] : records)
      tx.put(key, value);
    return {};
  }));
}

void expire(store::Store& store, const std::string& key, Time now) {
  const tables::TableInfo* table = tables::find_table(key[0]);
  if (table == nullptr || table->expire == nullptr) return;
  // An Error is a caught Fault: the row cannot be read.
  const auto later = store.write([&](store::WriteTxn& tx) -> Result<std::optional<Time>> {
    return table->expire(tx, std::string_view(key).substr(1), now);
  });
  if (later && *later) CHECK(**later > now);
}

}  // namespace

void run(std::string_view input) {
  static test::Instance instance;
  const Records records = records_of(input);
  test::MemoryStore store;
  put_all(store, records);
  auth::Services services{store,
                          instance.config,
                          instance.clock,
                          instance.random,
                          instance.hasher,
                          instance.master_key,
                          instance.server_key,
                          instance.keyring,
                          instance.credentials,
                          instance.in_flight,
                          instance.verified,
                          instance.activity,
                          instance.providers,
                          instance.known,
                          instance.oauth,
                          instance.images,
                          instance.counters,
                          null_log(),
                          auth::kServerWriter};
  const auto report = auth::check_store(services);
  CHECK(!report || report->rows == records.size());
  CHECK(!report || report->findings.size() <= auth::kMaxFindings);
  for (const auto& [key, value] : records)
    expire(store, key, instance.clock.now());
}

}  // namespace authd::fuzz
