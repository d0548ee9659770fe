// What happened here, day by day, for the charts of the administration. The rules of rows.h hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace authd::tables {

// The counts of one day (UTC) by one process. A process adds what it has counted every minute, so
// that no row is a part of each login; what it has counted since is lost when it is killed.
struct DayCounts {
  uint64_t day = 0;              // since 1970-01-01
  std::string writer;            // the process, as for the audit log (auth/core/audit/audit.h)
  std::vector<uint64_t> counts;  // by auth::DayCount, whose places never change
  std::vector<uint64_t> levels;  // by auth::DayLevel: as last seen on the day, not added up
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "day", self.day);
    visit(2, "writer", self.writer);
    visit(3, "counts", self.counts);
    visit(4, "levels", self.levels);
    visit(5, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
