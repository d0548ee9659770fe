// Another store whose n-th operation fails. A test runs its scenario for n = 1, 2, 3 … until it
// succeeds without a fault, and so covers every place where the machine can fail:
//
//   for (size_t n = 1;; ++n) {
//     faulty.fail_at(n);
//     … run the scenario, look at what is left …
//     if (!faulty.has_failed()) break;
//   }
#pragma once

#include <atomic>
#include <cstddef>

#include "store/store.h"

namespace authd::test {

// Thread-safe if the store below is. Operations are get, scan, put, del, and the commit of a write
// whose closure returned a value.
class FaultStore final : public store::Store {
 public:
  explicit FaultStore(store::Store& below) : below_(below) {}

  // The n-th operation from now fails, once; 0: none does.
  void fail_at(size_t n, store::FaultKind kind = store::FaultKind::io);
  bool has_failed() const { return has_failed_; }

  // Counts an operation, and throws if it is its turn.
  void operate();

  store::Stats stats() override { return below_.stats(); }
  uint64_t number_block() const override { return below_.number_block(); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override;
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override;

 private:
  store::Store& below_;
  std::atomic<size_t> left_ = 0;
  std::atomic<store::FaultKind> kind_ = store::FaultKind::io;
  std::atomic<bool> has_failed_ = false;
};

}  // namespace authd::test
