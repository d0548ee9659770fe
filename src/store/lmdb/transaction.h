// The transactions of store.h on top of LMDB's.
#pragma once

#include <lmdb.h>

#include <string>
#include <vector>

#include "store/limits.h"
#include "store/store.h"

namespace authd::store {

class LmdbReadTxn final : public ReadTxn {
 public:
  LmdbReadTxn(MDB_txn* txn, MDB_dbi table) : txn_(txn), table_(table) {}
  std::optional<std::string> get(std::string_view key) override;
  bool look(std::string_view key, Take take) override;
  void scan(std::string_view first, std::string_view last, Visit visit) override;
  void scan_back(std::string_view first, std::string_view last, Visit visit) override;
  // LMDB numbers its commits, in the file; no reader has seen the number of a failed commit.
  uint64_t snapshot() const override { return mdb_txn_id(txn_); }

 private:
  MDB_txn* txn_;
  MDB_dbi table_;
};

class LmdbWriteTxn final : public WriteTxn {
 public:
  // `changed` gets the keys that are put and deleted; may be null.
  LmdbWriteTxn(MDB_txn* txn, MDB_dbi table, std::vector<std::string>* changed = nullptr)
      : txn_(txn), table_(table), changed_(changed) {}
  std::optional<std::string> get(std::string_view key) override;
  bool look(std::string_view key, Take take) override;
  void put(std::string_view key, std::string_view value) override;
  void del(std::string_view key) override;
  size_t writes() const { return writes_; }

 private:
  MDB_txn* txn_;
  MDB_dbi table_;
  std::vector<std::string>* changed_;
  size_t writes_ = 0;
};

}  // namespace authd::store
