#include "store/lmdb/load.h"

#include <lmdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "store/lmdb/error.h"

namespace authd::store {
namespace {

constexpr MDB_dbi kTable = 1;  // as in environment.h
constexpr size_t kRecordsPerCommit = 10'000;
constexpr uint64_t kMinMap = 16ull << 20;

struct CloseEnv {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
using Env = std::unique_ptr<MDB_env, CloseEnv>;

Error cannot_write(const std::string& directory, int code) {
  return Error{ErrorCode::unavailable,
               "cannot write a database in " + directory + ": " + explain(code)};
}

// Null with ENOMEM if there is not enough address space. Nobody else knows of the file, so nothing
// is locked; it is synced at the end.
Result<Env> open_new(const std::string& directory, uint64_t max_bytes) {
  MDB_env* raw = nullptr;
  if (const int code = mdb_env_create(&raw); code != MDB_SUCCESS) {
    return cannot_write(directory, code);
  }
  Env env(raw);
  mdb_env_set_mapsize(raw, max_bytes);
  const int code = mdb_env_open(raw, directory.c_str(), MDB_NOLOCK | MDB_NOSYNC, 0600);
  if (code == ENOMEM) return Env();
  if (code != MDB_SUCCESS) return cannot_write(directory, code);
  return env;
}

// Writes records in transactions of kRecordsPerCommit.
class Loader {
 public:
  Loader(MDB_env* env, const std::string& directory) : env_(env), directory_(directory) {}
  ~Loader() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  Result<void> put(std::string_view key, std::string_view value) {
    if (key.empty() || key.size() > kMaxKeyBytes || value.size() > kMaxValueBytes) {
      return Error{ErrorCode::invalid, "a record is larger than the database allows"};
    }
    if (txn_ == nullptr) TRY(begin());
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{value.size(), const_cast<char*>(value.data())};
    const int code = mdb_put(txn_, table_, &k, &v, MDB_APPEND);
    if (code == MDB_KEYEXIST) {
      return Error{ErrorCode::invalid, "the records are not in their order"};
    }
    if (code != MDB_SUCCESS) return cannot_write(directory_, code);
    records_ += 1;
    if (records_ % kRecordsPerCommit == 0) TRY(commit());
    return {};
  }

  Result<uint64_t> finish() {
    if (txn_ != nullptr) TRY(commit());
    if (const int code = mdb_env_sync(env_, 1); code != MDB_SUCCESS) {
      return cannot_write(directory_, code);
    }
    return records_;
  }

 private:
  Result<void> begin() {
    int code = mdb_txn_begin(env_, nullptr, 0, &txn_);
    if (code == MDB_SUCCESS) code = mdb_dbi_open(txn_, nullptr, 0, &table_);
    if (code != MDB_SUCCESS) return cannot_write(directory_, code);
    return {};
  }

  Result<void> commit() {
    const int code = mdb_txn_commit(std::exchange(txn_, nullptr));
    if (code != MDB_SUCCESS) return cannot_write(directory_, code);
    return {};
  }

  MDB_env* env_;
  const std::string& directory_;
  MDB_txn* txn_ = nullptr;
  MDB_dbi table_ = kTable;
  uint64_t records_ = 0;
};

}  // namespace

Result<uint64_t> load_lmdb(const LmdbOptions& options, NextRecord next) {
  Env env;
  for (uint64_t size = std::max(options.max_bytes, kMinMap); !env && size >= kMinMap; size /= 2)
    env = TRY(open_new(options.directory, size));
  if (!env) return cannot_write(options.directory, ENOMEM);
  Loader loader(env.get(), options.directory);
  std::string_view key;
  std::string_view value;
  while (TRY(next(key, value)))
    TRY(loader.put(key, value));
  return loader.finish();
}

}  // namespace authd::store
