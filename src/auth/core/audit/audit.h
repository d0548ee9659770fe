// The audit log: who did what, to whom, from where, and when. An entry is written in the
// transaction that it describes, with the names that the accounts had then: the log must tell who
// it was when an account is renamed or deleted. The log is signed with a key of the server, so
// audit_verify.h detects rows that somebody without the master key removed or altered. Entries
// never contain secrets.
//
// The log consists of chains, one per writer (audit_chain.h). Readers see one list.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::auth {

// The writers of a data directory: one server, and the commands. Commands share a chain;
// transactions keep it consistent, and there are few commands. (With one chain per run, every run
// would leave a head behind.)
inline constexpr std::string_view kServerWriter = "server";
inline constexpr std::string_view kCommandWriter = "cli";

struct AuditEvent {
  std::string_view action;        // snake_case: "login", "password_changed"
  std::optional<UserId> subject;  // the affected user, if that is known
  std::string_view outcome = "ok";
  std::string_view target = {};  // anything else affected: a role, a key, an address
  std::string_view detail = {};
};

// The same origin, with this user as the actor: for a login, a sign-up or a reset, in which the
// requester has just proved to be this user.
Origin by(Origin origin, UserId user);

// Appends an entry (kAuditWrites). It reads the rows of actor and subject, so an entry about a
// deletion comes before the deletion. A writer's first entry may have to open its chain
// (kOpeningWrites more). The actor is origin.actor, or origin.operator_name.
void audit(const Services& s, store::WriteTxn& tx, const Origin& origin, const AuditEvent& event,
           Time now);

inline constexpr size_t kAuditWrites = 2;    // the entry and the head
inline constexpr size_t kOpeningWrites = 2;  // the list of chains, and an entry about a loss

// In a transaction of its own, for events without other writes.
Result<void> audit_alone(const Services& s, const Origin& origin, const AuditEvent& event);

// Calls `visit` with the entries before the number `before` (0: all), newest first, without
// checkpoints, until it returns false or `most` rows have been read. Returns the value of `before`
// for the next call; 0 when no older entries are left.
uint64_t look_back(store::ReadTxn& tx, uint64_t before, size_t most,
                   FunctionRef<bool(tables::AuditEntry& entry)> visit);

struct AuditFilter {
  uint64_t before = 0;  // only entries with a smaller number; 0: from the newest
  // As actor or subject: the account with this id, or whoever had this name (folded) at the time of
  // the entry. None of both: all.
  std::optional<UserId> user;
  std::optional<std::string> name;
  std::string action;  // empty: all
  Time since;          // only entries from this time on
  size_t limit = 100;
};
// Newest first.
Result<std::vector<tables::AuditEntry>> list_audit(const Services& s, const AuditFilter& filter);

// The longest time between two checkpoints of an active writer.
inline constexpr Milliseconds kCheckpointPace = std::chrono::minutes(10);

// Writes a checkpoint, which names the newest entry of every chain, to this process's chain, unless
// the last one is younger than `pace` or nothing was written since. Returns whether it did.
Result<bool> write_checkpoint(const Services& s, Time now, Milliseconds pace);

// Removes a bounded number of entries older than audit.retention, and the heads of other writers'
// chains that have become empty. Returns the number of removed entries. Error: `invalid` when those
// entries were altered; then nothing is removed, because it may be evidence.
Result<size_t> prune_audit(const Services& s, Time now);

}  // namespace authd::auth
