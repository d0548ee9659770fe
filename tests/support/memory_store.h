// The store contract over a std::map: the executable specification that LMDB is compared with, and
// the fast engine for the tests of higher floors.
#pragma once

#include <atomic>
#include <map>
#include <shared_mutex>
#include <string>

#include "store/store.h"
#include "tables/rows/table.h"

namespace authd::test {

// Thread-safe. Writers run one after the other, and never beside a reader.
class MemoryStore final : public store::Store {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  // A write of more than `max_writes` fails. The default is what code may plan for, so a test shows
  // long before production which writes add up to too many. With a `number_block` above 1 it hands
  // out numbers like an engine whose writers conflict.
  explicit MemoryStore(size_t max_writes = tables::kWriteBudget, uint64_t number_block = 1)
      : max_writes_(max_writes), number_block_(number_block) {}

  store::Stats stats() override;
  uint64_t number_block() const override { return number_block_; }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override;
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override;

 private:
  Result<void> failed();

  const size_t max_writes_;
  const uint64_t number_block_;
  std::shared_mutex mutex_;  // guards rows_ and stats_
  Rows rows_;
  store::Stats stats_;
  std::atomic<uint64_t> faults_ = 0;  // readers count them too
};

}  // namespace authd::test
