// A batch: the accounts that fit into one transaction, and that transaction.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/records/check.h"

namespace authd::auth::transfer {

// A batch ends after this many records, or before the account that would exceed kBatchWrites. Both
// depend on the file alone, so the file is always cut into the same batches.
inline constexpr size_t kBatch = 16;
// A batch also writes the id counter and the progress.
inline constexpr size_t kBatchWrites = tables::kWriteBudget - 2;

// The writes that this account needs; without passkeys kMaxAccountWrites at most.
size_t account_writes(const Prepared& account);
inline constexpr size_t kMaxAccountWrites =
    decltype(tables::users)::kInsertWrites + decltype(tables::avatars)::kPutWrites +
    decltype(tables::factors)::kPutWrites + decltype(tables::user_attributes)::kPutWrites;
static_assert(kMaxAccountWrites <= kBatchWrites);

// Leaves out passkeys for which the transaction has no room: a loss. `account` has its roles.
void fit_into_batch(Prepared& account);

struct Batch {
  size_t records = 0;
  size_t writes = 0;                  // needed by the accounts
  std::vector<Prepared> accounts;     // with the ids of their roles
  std::vector<Rejection> rejections;  // of the other records
};

struct BatchOutcome {
  uint64_t imported = 0;
  std::vector<Rejection> rejections;  // of accounts that conflict with the store
};

// In one transaction, writes the accounts and records that this lane has written one more round.
// `lane_key` is a key of tables::import_lanes; empty: progress is not recorded.
Result<BatchOutcome> write_batch(const Services& s, const Batch& batch,
                                 const std::string& lane_key);

// Why the contents of the store prevent the import of the account; empty: nothing does.
std::string conflict_of(store::Reader& tx, const Prepared& account);

}  // namespace authd::auth::transfer
