// A batch: as many accounts as one transaction takes, and the transaction.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/check.h"

namespace authd::auth::transfer {

// An account costs up to six writes (row, username, email, phone, TOTP, avatar), a batch two more
// (counter of ids, progress). Fixed, so that a file is cut into the same batches whenever it is
// read.
inline constexpr size_t kBatch = (store::kMaxWritesPerTransaction - 2) / 6;

struct Batch {
  size_t records = 0;
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
