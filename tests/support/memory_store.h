// The store contract over a std::map: the executable specification that LMDB is compared with, and
// the fast engine for the tests of higher floors.
#pragma once

#include <atomic>
#include <map>
#include <shared_mutex>
#include <string>

#include "store/store.h"

namespace authd::test {

// Thread-safe. Writers run one after the other and beside no reader.
class MemoryStore final : public store::Store {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  // As an engine whose writers conflict has it, when `number_block` is more than 1.
  explicit MemoryStore(uint64_t number_block = 1) : number_block_(number_block) {}

  store::Stats stats() override;
  uint64_t number_block() const override { return number_block_; }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override;
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override;

 private:
  Result<void> failed();

  const uint64_t number_block_;
  std::shared_mutex mutex_;  // guards rows_ and stats_
  Rows rows_;
  store::Stats stats_;
  std::atomic<uint64_t> faults_ = 0;  // readers count them too
};

}  // namespace authd::test
