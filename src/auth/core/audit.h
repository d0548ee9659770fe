// The audit log: who did what, on whom, from where, when. An entry is written in the transaction of
// what it tells of. The log is signed under a key of the server's, so audit_verify.h finds a row
// that somebody without the master key has removed or altered. No secret ever stands in an entry.
//
// The log consists of chains, one for each writer (audit_chain.h). Readers see one list.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::auth {

// The writers of one data directory: the server, of which there is one, and the commands beside it.
// Commands share a chain: a transaction keeps it whole, and they are few. (A chain for each run
// would leave a head behind for each.)
inline constexpr std::string_view kServerWriter = "server";
inline constexpr std::string_view kCommandWriter = "cli";

struct AuditEvent {
  std::string_view action;  // snake_case: "login", "password_changed"
  UserId subject;           // on whom; 0: nobody who is known
  std::string_view outcome = "ok";
  std::string_view target = {};  // what else: a role, a key, an address
  std::string_view detail = {};
};

// Appends an entry (kAuditWrites). The first one of a transaction may have to open the chain
// (kOpeningWrites more). The actor is origin.actor, or origin.operator_name.
void audit(const Services& s, store::WriteTxn& tx, const Origin& origin, const AuditEvent& event,
           Time now);

inline constexpr size_t kAuditWrites = 2;    // the entry and the head
inline constexpr size_t kOpeningWrites = 2;  // the list of chains, and an entry about a loss

// In a transaction of its own, for what changes nothing else.
Result<void> audit_alone(const Services& s, const Origin& origin, const AuditEvent& event);

// Calls `visit` with the entries before the number `before` (0: all), newest first, without
// checkpoints, until it returns false or `most` rows were looked at. Returns the number to go on
// before; 0 when nothing older is left.
uint64_t look_back(store::ReadTxn& tx, uint64_t before, size_t most,
                   FunctionRef<bool(tables::AuditEntry& entry)> visit);

struct AuditFilter {
  uint64_t before = 0;  // entries with a smaller number only; 0: from the newest
  UserId user;          // as actor or subject; 0: all
  std::string action;   // empty: all
  Time since;           // not older
  size_t limit = 100;
};
// Newest first.
Result<std::vector<tables::AuditEntry>> list_audit(const Services& s, const AuditFilter& filter);

// The longest time between two checkpoints of a writer that is at work.
inline constexpr Milliseconds kCheckpointPace = std::chrono::minutes(10);

// Writes a checkpoint into this process' chain, which names the newest entry of every chain, unless
// the last one is younger than `pace` or nothing was written since. Returns whether it did.
Result<bool> write_checkpoint(const Services& s, Time now, Milliseconds pace);

// Removes entries older than audit.retention, a bounded piece, and the heads of other writers'
// chains that have no entry left; returns how many entries. Error: `invalid` when the log was
// altered there: nothing is removed that could be evidence.
Result<size_t> prune_audit(const Services& s, Time now);

}  // namespace authd::auth
