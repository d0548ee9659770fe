// The audit log: who did what, on whom, from where, when. An entry is written in the transaction of
// what it tells of. Each carries a MAC over itself and the one before it, under a key of the
// server's, and the ends of the chain are signed too: a row that was removed or altered by somebody
// without the master key is found by verify_audit(). No secret ever stands in an entry.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/stop.h"
#include "tables/schema.h"

namespace authd::auth {

struct AuditEvent {
  std::string_view action;  // snake_case: "login", "password_changed"
  UserId subject;           // on whom; 0: nobody who is known
  std::string_view outcome = "ok";
  std::string_view target = {};  // what else: a role, a key, an address
  std::string_view detail = {};
};

// Appends an entry (kAuditWrites writes). The actor is origin.actor, or origin.operator_name.
void audit(const Services& s, store::WriteTxn& tx, const Origin& origin, const AuditEvent& event,
           Time now);

inline constexpr size_t kAuditWrites = 2;

// In a transaction of its own, for what changes nothing else.
Result<void> audit_alone(const Services& s, const Origin& origin, const AuditEvent& event);

struct AuditFilter {
  uint64_t before = 0;  // entries with a smaller number only; 0: from the newest
  UserId user;          // as actor or subject; 0: all
  std::string action;   // empty: all
  Time since;           // not older
  size_t limit = 100;
};
// Newest first.
Result<std::vector<tables::AuditEntry>> list_audit(const Services& s, const AuditFilter& filter);

struct AuditVerdict {
  uint64_t checked = 0;
  std::string problem;  // empty: the chain is whole
};
// `progress` is called with the entries checked so far and in all. Given up between two pages when
// `stopping` says so: `unavailable`.
Result<AuditVerdict> verify_audit(const Services& s,
                                  const std::function<void(uint64_t, uint64_t)>& progress,
                                  const Stopping& stopping = {});

// Removes entries older than audit.retention, a bounded piece; returns how many.
Result<size_t> prune_audit(const Services& s, Time now);

}  // namespace authd::auth
