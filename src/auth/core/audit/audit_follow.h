// Reads the audit log forwards, each entry once, for whoever passes it on.
//
// Within a chain, numbers rise in the order of the commits; a slower writer, or one whose clock is
// behind, may commit a smaller number than one that was read already. So a place in the log names
// the last entry of each chain.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/rows/audit_rows.h"

namespace authd::auth {

// The beginning of the log, unless it is said otherwise.
struct AuditPlace {
  std::map<std::string, uint64_t, std::less<>> chains;  // the number up to which each was read
  uint64_t newest = 0;  // of all entries then: a chain that is opened later begins behind it
};

// base64url, for programs that keep it. Error of the second: `invalid`, with `field`.
std::string text_of_place(const AuditPlace& place);
Result<AuditPlace> parse_audit_place(std::string_view text, std::string_view field);

// Behind every entry that there is.
Result<AuditPlace> end_of_audit(const Services& s);
AuditPlace end_of_audit(const Services& s, store::Reader& tx);

// Before what was written from `since` on, by the clock of each writer.
AuditPlace audit_place_at(Time since);

// Whether the entry is before the place, and the place behind it: what its chain has further comes
// later. Read the entries in the order of follow_audit().
bool is_before(const tables::AuditEntry& entry, const AuditPlace& place);
void move_behind(AuditPlace& place, const tables::AuditEntry& entry);

struct FollowedAudit {
  std::vector<tables::AuditEntry> entries;  // without checkpoints
  AuditPlace next;
};
// The first entries behind a place, at most `most` (at least 1), by number. None: there are no
// others. Each transaction reads a bounded number of rows. What was pruned since is skipped.
Result<FollowedAudit> follow_audit(const Services& s, const AuditPlace& after, size_t most);

}  // namespace authd::auth
