// Writes the records from every reader to the store. Accounts are written in batches, one
// transaction each, and several lanes write at the same time so that they share durable commits.
// Each batch's transaction also records the progress of its lane, so an import that was killed can
// be resumed without losing or duplicating an account.
//
// The file is cut into rounds of kLanes batches of at most kBatch accounts (batch.h), always at the
// same places; lane i writes batch i of each round. When resuming, a lane that has written n rounds
// skips its first n.
#pragma once

#include <map>
#include <string>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/import_options.h"
#include "auth/upkeep/transfer/records/record.h"

namespace authd::auth::transfer {

inline constexpr size_t kLanes = 32;

struct ImportReport {
  uint64_t read = 0;      // records
  uint64_t imported = 0;  // accounts, including those before a resumption
  uint64_t rejected = 0;  // likewise
  uint64_t roles = 0;     // created
  uint64_t clients = 0;   // created
  uint64_t resumed = 0;   // accounts imported by earlier runs
  // What the imported accounts lost, each with the number of accounts; and what was ignored
  // (Account::losses, Account::ignored).
  std::map<std::string, uint64_t> losses;
  std::map<std::string, uint64_t> ignored;
};

class ImportObserver {
 public:
  virtual ~ImportObserver() = default;
  virtual void rejected(const Rejection& rejection) = 0;  // roughly in line order
  virtual void progressed(const ImportReport& report) = 0;
  virtual void noted(const Rejection& note) = 0;  // an account that was changed, but not rejected
};

// Errors: `conflict` when an earlier import of the source was interrupted and `resumes` is not set;
// any error of the reader or the store, after which the import can be resumed. Audited as
// "import_started" and "users_imported".
Result<ImportReport> import_records(const Services& s, RecordReader& reader,
                                    const ImportOptions& options, const Origin& origin,
                                    ImportObserver& observer);

}  // namespace authd::auth::transfer
