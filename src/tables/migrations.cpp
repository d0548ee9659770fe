#include "tables/migrations.h"

#include <array>

#include "tables/schema_2.h"
#include "tables/version.h"

namespace authd::tables {
namespace {

constexpr const char* kFromKey = "upgrading_from";

// An empty store needs no rows.
Result<void> create(store::WriteTxn&) {
  return {};
}

constexpr std::array<Migration, kSchemaVersion> kSteps = {
    &create,                                // 0 → 1
    {&prepare_schema_2, &finish_schema_2},  // 1 → 2
};

}  // namespace

std::span<const Migration> released_migrations() {
  return kSteps;
}

Result<uint64_t> schema_version(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<uint64_t> { return version_in(tx); });
}

Result<uint64_t> upgrading_from(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<uint64_t> {
    const std::optional<Number> from = numbers.find(tx, kFromKey);
    return from ? from->value : version_in(tx);
  });
}

Result<uint64_t> migrate(store::Store& store, std::span<const Migration> steps) {
  const uint64_t found = TRY(schema_version(store));
  if (found > steps.size()) {
    return Error{ErrorCode::unavailable,
                 "the data was written by a newer authd (schema " + std::to_string(found) +
                     ", this one knows up to " + std::to_string(steps.size()) +
                     "); run that version, or restore a backup made before the upgrade"};
  }
  for (uint64_t version = found; version < steps.size(); ++version) {
    if (steps[version].prepare != nullptr) TRY(steps[version].prepare(store));
    TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (version_in(tx) != version) return {};  // Another process has done this step meanwhile.
      TRY(steps[version].finish(tx));
      numbers.put(tx, kVersionKey, Number{version + 1, {}});
      if (version + 1 == steps.size()) {
        numbers.del(tx, kFromKey);
      } else if (!numbers.find(tx, kFromKey)) {
        numbers.put(tx, kFromKey, Number{version, {}});
      }
      return {};
    }));
  }
  return found;
}

}  // namespace authd::tables
