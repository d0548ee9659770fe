// Verifies the audit log: that every chain is complete, that no chain is missing, and that the
// checkpoints agree with all chains.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/stop.h"

namespace authd::auth {

// What was checked in one chain.
struct AuditSpan {
  std::string chain;  // empty: the chain of schema 1
  uint64_t entries = 0;
  uint64_t first = 0;  // entry numbers; 0: the chain has no entry
  uint64_t last = 0;
  Time first_at;
  Time last_at;
};

struct AuditVerdict {
  uint64_t checked = 0;  // entries, including checkpoints
  std::string problem;   // the first one found; empty: the log is intact
  std::vector<AuditSpan> chains;
  uint64_t checkpoints = 0;
  // The newest checkpoint. When the log has two chains, both vouch for every entry older than it.
  uint64_t checkpoint = 0;  // 0: there is none
  Time checkpoint_at;
};

// Checks the entries that exist when it begins; others may write meanwhile. `progress` receives the
// number of entries checked so far and the total. When `stopping` asks for it, the check ends
// between two pages with the Error `unavailable`.
Result<AuditVerdict> verify_audit(const Services& s,
                                  const std::function<void(uint64_t, uint64_t)>& progress,
                                  const Stopping& stopping = {});

}  // namespace authd::auth
