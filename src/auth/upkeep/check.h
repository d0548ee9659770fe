// Checks the invariants within and between tables (`authd db check`).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/stop.h"

namespace authd::auth {

struct CheckReport {
  uint64_t rows = 0;
  std::map<std::string, uint64_t> sealed;  // values under each master key, by its id
  std::vector<std::string> findings;       // for people; at most kMaxFindings
};

inline constexpr size_t kMaxFindings = 100;

// Reads every row in one snapshot and checks that:
// - each row belongs to a table and decodes, and everything that the tables declare holds
//   (tables/relations.h);
// - the signing keys and the keyring agree;
// - no id exceeds its counter;
// - every role of a user exists;
// - a user has an app exactly when mfa_enabled is set, and as many passkeys and security keys as
// the
//   row says;
// - every sealed value opens, and the audit log is intact.
// An expired row that has not been swept yet is not a finding.
//
// When `stopping` asks for it, the check ends between two rows with the Error `unavailable`.
Result<CheckReport> check_store(const Services& s, const Stopping& stopping = {});

}  // namespace authd::auth
