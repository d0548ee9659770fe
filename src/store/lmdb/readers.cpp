#include "store/lmdb/readers.h"

#include "store/lmdb/error.h"

namespace authd::store {

ReaderPool::~ReaderPool() {
  for (MDB_txn* txn : idle_)
    mdb_txn_abort(txn);
}

MDB_txn* ReaderPool::take() {
  MDB_txn* txn = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      txn = idle_.back();
      idle_.pop_back();
    }
  }
  if (txn == nullptr) {
    int code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
    if (code == MDB_READERS_FULL) {
      // Processes that were killed leave their slots behind.
      mdb_reader_check(env_, nullptr);
      code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
    }
    check_lmdb(code, "begin a read");
    return txn;
  }
  if (const int code = mdb_txn_renew(txn); code != MDB_SUCCESS) {
    mdb_txn_abort(txn);
    check_lmdb(code, "begin a read");
  }
  return txn;
}

void ReaderPool::give_back(MDB_txn* txn) {
  mdb_txn_reset(txn);
  const std::lock_guard lock(mutex_);
  idle_.push_back(txn);
}

}  // namespace authd::store
