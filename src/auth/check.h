// Whether what must hold between tables does (`authd db check`).
#pragma once

#include <string>
#include <vector>

#include "auth/services.h"

namespace authd::auth {

struct CheckReport {
  uint64_t rows = 0;
  std::vector<std::string> findings;  // for people; at most kMaxFindings
};

inline constexpr size_t kMaxFindings = 100;

// Reads every row: each decodes; every name of a user has its index entry and every entry its user;
// every role of a user and every role name is there; every session has its index and expiry
// entries; every identity its index entry; every sealed value opens. What has ended but is not
// swept yet is no finding.
Result<CheckReport> check_store(const Services& s);

}  // namespace authd::auth
