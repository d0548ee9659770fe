// Checking the audit log: every chain from its beginning to its end, that no chain is missing, and
// what the checkpoints say of all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/stop.h"

namespace authd::auth {

// What was checked of one chain.
struct AuditSpan {
  std::string chain;  // empty: the chain of schema 1
  uint64_t entries = 0;
  uint64_t first = 0;  // numbers; 0: it has no entry
  uint64_t last = 0;
  Time first_at;
  Time last_at;
};

struct AuditVerdict {
  uint64_t checked = 0;  // entries, checkpoints among them
  std::string problem;   // the first one; empty: the log is whole
  std::vector<AuditSpan> chains;
  uint64_t checkpoints = 0;
  // The newest. What is older than it is proved by two chains, when there are two.
  uint64_t checkpoint = 0;  // 0: there is none
  Time checkpoint_at;
};

// Checks what is there when it begins; others may write meanwhile. `progress` is called with the
// entries checked so far and in all. Given up between two pages when `stopping` says so:
// `unavailable`.
Result<AuditVerdict> verify_audit(const Services& s,
                                  const std::function<void(uint64_t, uint64_t)>& progress,
                                  const Stopping& stopping = {});

}  // namespace authd::auth
