#include "tables/migrations.h"

#include <array>

namespace authd::tables {
namespace {

constexpr const char* kVersionKey = "schema_version";

// Step i brings version i to version i+1. Big tables are migrated lazily, row by row as they are
// written, or in a resumable job; a step here stays within the limits of one transaction.
using Step = Result<void> (*)(store::WriteTxn&);

Result<void> create(store::WriteTxn&) {
  return {};
}  // 0 → 1: an empty store needs no rows.

constexpr std::array<Step, kSchemaVersion> kSteps = {&create};

uint64_t version_in(store::Reader& tx) {
  return numbers.find(tx, kVersionKey).value_or(Number{}).value;
}

}  // namespace

Result<uint64_t> schema_version(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<uint64_t> { return version_in(tx); });
}

Result<uint64_t> migrate(store::Store& store) {
  const uint64_t found = TRY(schema_version(store));
  if (found > kSchemaVersion) {
    return Error{ErrorCode::unavailable,
                 "the data was written by a newer authd (schema " + std::to_string(found) +
                     ", this one knows up to " + std::to_string(kSchemaVersion) +
                     "); run that version, or restore a backup made before the upgrade"};
  }
  for (uint64_t version = found; version < kSchemaVersion; ++version) {
    TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (version_in(tx) != version) return {};  // Another process did this step meanwhile.
      TRY(kSteps[version](tx));
      numbers.put(tx, kVersionKey, Number{version + 1, {}});
      return {};
    }));
  }
  return found;
}

}  // namespace authd::tables
