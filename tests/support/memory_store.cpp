#include "support/memory_store.h"

#include <mutex>

#include "store/limits.h"

namespace authd::test {
namespace {

using store::check_key;

class MemoryReadTxn final : public store::ReadTxn {
 public:
  MemoryReadTxn(const MemoryStore::Rows& rows, uint64_t commits) : rows_(rows), commits_(commits) {}

  uint64_t snapshot() const override { return commits_; }

  std::optional<std::string> get(std::string_view key) override {
    check_key(key);
    const auto row = rows_.find(key);
    if (row == rows_.end()) return std::nullopt;
    return row->second;
  }

  void scan(std::string_view first, std::string_view last, Visit visit) override {
    for (auto row = rows_.lower_bound(first); row != rows_.end(); ++row) {
      if (!last.empty() && row->first >= last) return;
      if (!visit(row->first, row->second)) return;
    }
  }

  void scan_back(std::string_view first, std::string_view last, Visit visit) override {
    auto row = last.empty() ? rows_.end() : rows_.lower_bound(last);
    while (row != rows_.begin()) {
      --row;
      if (row->first < first) return;
      if (!visit(row->first, row->second)) return;
    }
  }

 private:
  const MemoryStore::Rows& rows_;
  const uint64_t commits_;
};

// Collects the changes separately, so a rollback just discards them.
class MemoryWriteTxn final : public store::WriteTxn {
 public:
  MemoryWriteTxn(const MemoryStore::Rows& rows, size_t max_writes)
      : rows_(rows), max_writes_(max_writes) {}

  std::optional<std::string> get(std::string_view key) override {
    check_key(key);
    if (const auto change = changes_.find(key); change != changes_.end()) return change->second;
    const auto row = rows_.find(key);
    if (row == rows_.end()) return std::nullopt;
    return row->second;
  }

  void put(std::string_view key, std::string_view value) override {
    check_key(key);
    store::check_value(value);
    count_write();
    changes_.insert_or_assign(std::string(key), std::string(value));
  }

  void del(std::string_view key) override {
    check_key(key);
    count_write();
    changes_.insert_or_assign(std::string(key), std::nullopt);
  }

  void commit_to(MemoryStore::Rows& rows) {
    for (auto& [key, value] : changes_) {
      if (value) {
        rows.insert_or_assign(key, std::move(*value));
      } else {
        rows.erase(key);
      }
    }
  }

 private:
  void count_write() {
    store::check_write_count(++writes_);
    if (writes_ > max_writes_) {
      throw store::Fault(store::FaultKind::limit, "more writes than a transaction may plan for");
    }
  }

  const MemoryStore::Rows& rows_;
  const size_t max_writes_;
  std::map<std::string, std::optional<std::string>, std::less<>> changes_;
  size_t writes_ = 0;
};

}  // namespace

Result<void> MemoryStore::failed() {
  faults_ += 1;
  return Error{ErrorCode::unavailable, "The memory store failed.", {}, {}, 1};
}

store::Stats MemoryStore::stats() {
  const store::TransactionGuard guard;  // As with the engine, no part of a transaction.
  const std::shared_lock lock(mutex_);
  store::Stats stats = stats_;
  stats.faults = faults_;
  stats.entries = rows_.size();
  return stats;
}

Result<void> MemoryStore::run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) {
  const store::TransactionGuard guard;
  const std::shared_lock lock(mutex_);
  try {
    MemoryReadTxn txn(rows_, stats_.commits);
    return fn(txn);
  } catch (...) {
    return failed();
  }
}

Result<void> MemoryStore::run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) {
  const store::TransactionGuard guard;
  const std::lock_guard lock(mutex_);
  try {
    MemoryWriteTxn txn(rows_, max_writes_);
    Result<void> outcome = fn(txn);
    if (!outcome) {
      stats_.refused += 1;
      return outcome;
    }
    txn.commit_to(rows_);
    stats_.commits += 1;
    stats_.writes += 1;
    stats_.batch_sizes[0] += 1;
    return outcome;
  } catch (...) {
    return failed();
  }
}

}  // namespace authd::test
