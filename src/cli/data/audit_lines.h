// Entries of the audit log as lines for people.
#pragma once

#include <string>
#include <vector>

#include "tables/rows/audit_rows.h"

namespace authd::cli {

inline const std::vector<std::string> kAuditHead = {"NUMBER",  "AT", "WHO", "ACTION",
                                                    "OUTCOME", "ON", "FROM"};
std::vector<std::string> audit_cells(const tables::AuditEntry& entry);

}  // namespace authd::cli
