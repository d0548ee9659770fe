// A batch: as many accounts as one transaction takes, and the transaction.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/check.h"

namespace authd::auth::transfer {

// Where a batch ends: at so many records, or before the account that would be too much to write.
// Both follow from the file alone, so that it is cut into the same batches whenever it is read.
inline constexpr size_t kBatch = 16;
// A batch writes the counter of ids and the progress as well.
inline constexpr size_t kBatchWrites = tables::kWriteBudget - 2;

// What the account costs.
size_t account_writes(const Prepared& account);
inline constexpr size_t kMaxAccountWrites = decltype(tables::users)::kInsertWrites +
                                            decltype(tables::avatars)::kPutWrites +
                                            decltype(tables::factors)::kPutWrites;
static_assert(kMaxAccountWrites <= kBatchWrites);

struct Batch {
  size_t records = 0;
  size_t writes = 0;                  // that the accounts cost
  std::vector<Prepared> accounts;     // with the ids of their roles
  std::vector<Rejection> rejections;  // of the other records
};

struct BatchOutcome {
  uint64_t imported = 0;
  std::vector<Rejection> rejections;  // of accounts, by what the store has
};

// Writes the accounts, and that this lane has written one more round, at once. `lane_key` is of
// tables::import_lanes; empty: nothing is kept of the progress.
Result<BatchOutcome> write_batch(const Services& s, const Batch& batch,
                                 const std::string& lane_key);

// What of the store keeps the account from being imported; empty: nothing.
std::string conflict_of(store::Reader& tx, const Prepared& account);

}  // namespace authd::auth::transfer
