// The progress of an import, written in the transaction that imports (auth/upkeep/transfer/). The
// rules of rows.h hold.
#pragma once

#include <cstdint>
#include <string>

namespace authd::tables {

// One of the writers that share an import. The row is removed when the import is done.
struct ImportLane {
  uint64_t rounds = 0;    // that this lane has written
  uint64_t imported = 0;  // accounts in them
  uint64_t rejected = 0;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "rounds", self.rounds);
    visit(2, "imported", self.imported);
    visit(3, "rejected", self.rejected);
  }
};

}  // namespace authd::tables
