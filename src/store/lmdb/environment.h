// LMDB's environment: opens it, hands out its transactions, and repairs it while the service runs.
//
// Two LMDB codes mean that the file has to be mapped again, and no transaction of this process may
// survive that: MDB_MAP_RESIZED (a process with a larger store.max_size let the file grow beyond
// our map) and MDB_PANIC (the header of the file could not be written). The thread that gets the
// code is in no transaction. It keeps writers out with the mutex that each of them takes anyway,
// and readers by taking every slot of their pool; then it maps the file or opens it again, and
// retries. Until that happens, this costs nothing: reads need no lock.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "base/function_ref.h"
#include "base/log.h"
#include "store/lmdb/lock_waits.h"
#include "store/lmdb/old_readers.h"
#include "store/lmdb/open_files.h"
#include "store/lmdb/options.h"
#include "store/lmdb/readers.h"

namespace authd::store {

// Thread-safe. The caller is in no transaction, except for nested().
class Environment {
 public:
  // Errors: `unavailable`, with a message for the operator that names the directory.
  static Result<std::unique_ptr<Environment>> open(const LmdbOptions& options, Log& log);

  // Runs `work` in a read transaction of the newest committed state. Throws Fault.
  void read(FunctionRef<void(MDB_txn*)> work);

  // Runs `work` in the one write transaction of all processes. If it returns true, the transaction
  // is durable afterwards; if not, or if anything throws, nothing of it remains. (If even the
  // header cannot be written, the outcome depends on the disk.) Throws Fault.
  void write(FunctionRef<bool(MDB_txn*)> work);

  // The same within write(): can fail alone, and becomes durable with `whole`.
  static void nested(MDB_txn* whole, FunctionRef<bool(MDB_txn*)> work);

  MDB_dbi table() const { return kTable; }

  struct Size {
    uint64_t used_bytes;
    uint64_t max_bytes;
    uint64_t entries;
  };
  Size size();

  // Store::oldest_reader(). Throws Fault.
  std::optional<OldReader> oldest_reader();

  // Of Stats, and Store::stop_waiting().
  Milliseconds write_waits() const { return waits_.waited(); }
  bool has_files() const { return has_files_; }
  void stop_waiting() { waits_.give_up(); }

 private:
  struct Close {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };
  using Env = std::unique_ptr<MDB_env, Close>;

  // LMDB's unnamed table always has this handle; it is the only table in use.
  static constexpr MDB_dbi kTable = 1;

  Environment(const LmdbOptions& options, Log& log);

  Result<Env> open_env();
  Result<Env> map();
  Result<Env> map(uint64_t max_bytes);
  Result<void> prepare(MDB_env* env);
  int begin_waiting(MDB_env* env, MDB_txn*& txn);
  MDB_txn* begin_write();
  void check_files();
  bool is_outgrown() const;
  void mend(int code, uint64_t seen) noexcept;
  int commit_failure(int code) const;

  LmdbOptions options_;
  Log& log_;
  LockWaits waits_;
  std::atomic<bool> has_files_ = true;
  std::mutex writer_;               // held by the one thread of this process that writes or repairs
  std::optional<OpenFiles> files_;  // guarded by writer_; what env_ has open
  Env env_;                         // guarded by writer_; null while it cannot be opened again
  std::atomic<uint64_t> mends_ = 0;
  uint64_t writes_ = 0;     // guarded by writer_
  uint64_t known_map_ = 0;  // guarded by writer_: recorded_map_size() when the file was mapped
  ReaderPool readers_;
  OldReaders old_readers_;
};

}  // namespace authd::store
