// The one writer of what the readers read. Accounts go into the store in batches of one transaction
// each, and several lanes write at once, so that they share durable commits. How far each lane has
// come is written in the transaction of the batch: an import that was killed goes on where it was,
// and neither loses nor doubles anybody.
//
// The file is cut into rounds of kLanes batches of kBatch accounts (batch.h), always at the same
// places; batch i of a round is lane i's. A lane that has written n rounds passes over its first n.
#pragma once

#include <string>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/import_options.h"
#include "auth/upkeep/transfer/record.h"

namespace authd::auth::transfer {

inline constexpr size_t kLanes = 32;

struct ImportReport {
  uint64_t read = 0;      // records
  uint64_t imported = 0;  // accounts, those of before a resumption included
  uint64_t rejected = 0;  // likewise
  uint64_t roles = 0;     // made
  uint64_t clients = 0;   // made
  uint64_t resumed = 0;   // accounts that were imported before
};

class ImportObserver {
 public:
  virtual ~ImportObserver() = default;
  virtual void rejected(const Rejection& rejection) = 0;  // in order of lines, more or less
  virtual void progressed(const ImportReport& report) = 0;
};

// Errors: `conflict` when an import of the source was broken off and `resumes` is not set; whatever
// the reader or the store fails with, and then the import can be resumed. Audited as
// "import_started" and "users_imported".
Result<ImportReport> import_records(const Services& s, RecordReader& reader,
                                    const ImportOptions& options, const Origin& origin,
                                    ImportObserver& observer);

}  // namespace authd::auth::transfer
