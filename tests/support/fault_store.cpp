#include "support/fault_store.h"

namespace authd::test {
namespace {

class FaultReadTxn final : public store::ReadTxn {
 public:
  FaultReadTxn(store::ReadTxn& below, FaultStore& faults) : below_(below), faults_(faults) {}

  std::optional<std::string> get(std::string_view key) override {
    faults_.operate();
    return below_.get(key);
  }
  void scan(std::string_view first, std::string_view last, Visit visit) override {
    faults_.operate();
    below_.scan(first, last, visit);
  }
  void scan_back(std::string_view first, std::string_view last, Visit visit) override {
    faults_.operate();
    below_.scan_back(first, last, visit);
  }
  uint64_t snapshot() const override { return below_.snapshot(); }

 private:
  store::ReadTxn& below_;
  FaultStore& faults_;
};

class FaultWriteTxn final : public store::WriteTxn {
 public:
  FaultWriteTxn(store::WriteTxn& below, FaultStore& faults) : below_(below), faults_(faults) {}

  std::optional<std::string> get(std::string_view key) override {
    faults_.operate();
    return below_.get(key);
  }
  void put(std::string_view key, std::string_view value) override {
    faults_.operate();
    below_.put(key, value);
  }
  void del(std::string_view key) override {
    faults_.operate();
    below_.del(key);
  }

 private:
  store::WriteTxn& below_;
  FaultStore& faults_;
};

}  // namespace

void FaultStore::fail_at(size_t n, store::FaultKind kind) {
  kind_ = kind;
  has_failed_ = false;
  left_ = n;
}

void FaultStore::operate() {
  size_t left = left_;
  while (left > 0 && !left_.compare_exchange_weak(left, left - 1)) {
  }
  if (left != 1) return;
  has_failed_ = true;
  throw store::Fault(kind_, "a fault that the test asked for");
}

Result<void> FaultStore::run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) {
  return read_through(below_, [&](store::ReadTxn& below) -> Result<void> {
    FaultReadTxn txn(below, *this);
    return fn(txn);
  });
}

Result<void> FaultStore::run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) {
  return write_through(below_, [&](store::WriteTxn& below) -> Result<void> {
    FaultWriteTxn txn(below, *this);
    Result<void> outcome = fn(txn);
    if (outcome) operate();  // the commit
    return outcome;
  });
}

}  // namespace authd::test
