#include "tables/migrations.h"

#include <array>

namespace authd::tables {
namespace {

constexpr const char* kVersionKey = "schema_version";
constexpr const char* kFromKey = "upgrading_from";

Result<void> create(store::WriteTxn&) {
  return {};
}  // 0 → 1: an empty store needs no rows.

constexpr std::array<Migration, kSchemaVersion> kSteps = {&create};

uint64_t version_in(store::Reader& tx) {
  return numbers.find(tx, kVersionKey).value_or(Number{}).value;
}

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
    TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (version_in(tx) != version) return {};  // Another process did this step meanwhile.
      TRY(steps[version](tx));
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
