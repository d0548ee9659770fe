// Read transactions that are kept and renewed: beginning one anew costs more than the read.
#pragma once

#include <lmdb.h>

#include <mutex>
#include <vector>

namespace authd::store {

// Thread-safe. An idle transaction is reset: it holds a slot of the reader table, and no page.
class ReaderPool {
 public:
  explicit ReaderPool(MDB_env* env) : env_(env) {}
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // A transaction that sees the newest committed state; throws Fault.
  MDB_txn* take();
  void give_back(MDB_txn* txn);

 private:
  MDB_env* env_;
  std::mutex mutex_;
  std::vector<MDB_txn*> idle_;
};

// Takes a transaction for a scope.
class PooledReader {
 public:
  explicit PooledReader(ReaderPool& pool) : pool_(pool), txn_(pool.take()) {}
  ~PooledReader() { pool_.give_back(txn_); }
  PooledReader(const PooledReader&) = delete;
  PooledReader& operator=(const PooledReader&) = delete;
  MDB_txn* txn() const { return txn_; }

 private:
  ReaderPool& pool_;
  MDB_txn* txn_;
};

}  // namespace authd::store
