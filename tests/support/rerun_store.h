// Runs every write closure twice over another store, and rolls the first run back: what an
// optimistic engine does after a conflict. This exposes closures with side effects.
#pragma once

#include "store/store.h"

namespace authd::test {

// Thread-safe if the store below is. Other writers may come between the two runs.
class RerunStore final : public store::Store {
 public:
  explicit RerunStore(store::Store& below) : below_(below) {}

  store::Stats stats() override { return below_.stats(); }
  uint64_t number_block() const override { return below_.number_block(); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override;
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override;

 private:
  store::Store& below_;
};

}  // namespace authd::test
