// Whether what must hold between tables does (`authd db check`).
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

// Reads every row, as of one moment: each decodes and belongs to a table, and what the tables
// declare holds (tables/relations.h). Signing keys and keyring agree. No id is above its counter.
// Every role of a user is there; second factors are those of a user who is asked for them. Every
// sealed value opens, and the chain of the audit log holds. What has ended but is not swept yet is
// no finding.
//
// Given up between two rows when `stopping` says so: `unavailable`.
Result<CheckReport> check_store(const Services& s, const Stopping& stopping = {});

}  // namespace authd::auth
