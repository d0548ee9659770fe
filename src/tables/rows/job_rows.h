// What the server records about its background jobs, for `authd db stat` and for jobs whose
// interval outlives a restart. The rules of rows.h hold.
#pragma once

#include <string>

#include "base/time.h"

namespace authd::tables {

struct JobRun {
  Time started_at;  // the last run
  uint64_t took_ms = 0;
  Time succeeded_at;       // the last run that did not fail
  uint64_t runs = 0;       // since the job was first recorded
  uint64_t failures = 0;   // of them
  std::string last_error;  // empty: the last run succeeded
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "started_at", self.started_at);
    visit(2, "took_ms", self.took_ms);
    visit(3, "succeeded_at", self.succeeded_at);
    visit(4, "runs", self.runs);
    visit(5, "failures", self.failures);
    visit(6, "last_error", self.last_error);
  }
};

}  // namespace authd::tables
