#include "store/lmdb/engine.h"

#include <lmdb.h>
#include <sys/vfs.h>

#include <algorithm>
#include <bit>
#include <mutex>

#include "base/check.h"
#include "base/file.h"
#include "store/lmdb/commit_group.h"
#include "store/lmdb/error.h"
#include "store/lmdb/readers.h"
#include "store/lmdb/transaction.h"

namespace authd::store {
namespace {

// Slots for concurrent read transactions of all processes: every thread that answers requests may
// hold one.
constexpr unsigned kMaxReaders = 2048;

// The least address space that is worth starting with.
constexpr uint64_t kMinMap = 16ull << 20;

// The one text that a client sees; the cause is in the log.
Error unavailable() {
  return Error{ErrorCode::unavailable, "The service is not available; try again later.", {}, {}, 1};
}

struct CloseEnv {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
using Env = std::unique_ptr<MDB_env, CloseEnv>;

// Aborts unless it was committed.
class WriteScope {
 public:
  WriteScope(MDB_env* env, MDB_txn* parent) {
    check_lmdb(mdb_txn_begin(env, parent, 0, &txn_), "begin a write");
  }
  ~WriteScope() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

  MDB_txn* get() const { return txn_; }
  // The transaction is gone after it, also when it fails.
  void commit() { check_lmdb(mdb_txn_commit(std::exchange(txn_, nullptr)), "commit"); }

 private:
  MDB_txn* txn_ = nullptr;
};

class LmdbStore final : public Store {
 public:
  LmdbStore(Env env, MDB_dbi table, Log& log)
      : env_(std::move(env)), table_(table), log_(log), readers_(env_.get()) {}

  Stats stats() override {
    Stats stats;
    {
      const std::lock_guard lock(stats_mutex_);
      stats = stats_;
    }
    MDB_envinfo info;
    MDB_stat env_stat;
    mdb_env_info(env_.get(), &info);
    mdb_env_stat(env_.get(), &env_stat);
    stats.used_bytes = (info.me_last_pgno + 1) * env_stat.ms_psize;
    stats.max_bytes = info.me_mapsize;
    try {
      const PooledReader reader(readers_);
      MDB_stat table_stat;
      if (mdb_stat(reader.txn(), table_, &table_stat) == MDB_SUCCESS) {
        stats.entries = table_stat.ms_entries;
      }
    } catch (const Fault& fault) {
      note(fault);
    }
    return stats;
  }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(ReadTxn&)> fn) override {
    const TransactionGuard guard;
    try {
      const PooledReader reader(readers_);
      LmdbReadTxn txn(reader.txn(), table_);
      return fn(txn);
    } catch (const Fault& fault) {
      note(fault);
      return unavailable();
    }
  }

  Result<void> run_write(FunctionRef<Result<void>(WriteTxn&)> fn) override {
    const TransactionGuard guard;
    return group_.run(fn, [&](std::vector<PendingWrite*>& group) { commit_all(group); });
  }

 private:
  // Runs every closure of the group and commits what they wrote, once.
  void commit_all(std::vector<PendingWrite*>& group) {
    size_t committed = 0;
    try {
      WriteScope whole(env_.get(), nullptr);
      for (PendingWrite* write : group)
        committed += run_one(*write, whole.get(), group.size() > 1);
      if (committed > 0) whole.commit();
    } catch (const Fault& fault) {
      // Nothing of the group is durable, so nobody may believe otherwise.
      note(fault);
      for (PendingWrite* write : group)
        write->outcome = unavailable();
      committed = 0;
    }
    count(group, committed);
  }

  // Returns 1 when the closure wants to be committed. A closure that is alone needs no transaction
  // of its own: when it fails, nothing is committed at all.
  size_t run_one(PendingWrite& write, MDB_txn* whole, bool is_nested) {
    try {
      std::optional<WriteScope> own;
      if (is_nested) own.emplace(env_.get(), whole);
      LmdbWriteTxn txn(own ? own->get() : whole, table_);
      write.outcome = write.fn(txn);
      if (!write.outcome) return 0;
      if (own) own->commit();
      return 1;
    } catch (const Fault& fault) {
      note(fault);
      write.outcome = unavailable();
    } catch (const std::exception& failure) {
      // Out of memory, most likely; it must not take the other writers of the group with it.
      log_.error("store: a write failed", {{"cause", failure.what()}});
      write.outcome = unavailable();
    }
    return 0;
  }

  void count(const std::vector<PendingWrite*>& group, size_t committed) {
    const std::lock_guard lock(stats_mutex_);
    stats_.writes += committed;
    for (const PendingWrite* write : group) {
      if (!write->outcome && write->outcome.error().code != ErrorCode::unavailable) {
        stats_.refused += 1;
      }
    }
    if (committed == 0) return;
    stats_.commits += 1;
    const size_t bucket = static_cast<size_t>(std::bit_width(committed - 1));
    stats_.batch_sizes[std::min(bucket, stats_.batch_sizes.size() - 1)] += 1;
  }

  void note(const Fault& fault) {
    log_.error("store: " + std::string(fault.what()), {});
    const std::lock_guard lock(stats_mutex_);
    stats_.faults += 1;
  }

  Env env_;
  MDB_dbi table_;
  Log& log_;
  ReaderPool readers_;
  CommitGroup group_;
  std::mutex stats_mutex_;
  Stats stats_;
};

Error cannot_open(const std::string& directory, const std::string& cause) {
  return Error{ErrorCode::unavailable, "cannot open the database in " + directory + ": " + cause};
}

// LMDB's locks and its memory map are not safe between the hosts of a network file system.
void warn_of_network(const std::string& directory, Log& log) {
  constexpr unsigned long kNfs = 0x6969;
  constexpr unsigned long kSmb2 = 0xfe534d42;
  constexpr unsigned long kCifs = 0xff534d42;
  struct statfs system;
  if (statfs(directory.c_str(), &system) != 0) return;
  const auto type = static_cast<unsigned long>(system.f_type) & 0xffffffff;
  if (type == kNfs || type == kSmb2 || type == kCifs) {
    log.warn("the data directory is on a network file system, where the database may be damaged",
             {{"directory", directory}});
  }
}

// An environment with as much address space as there is, up to `max_bytes`.
Result<Env> open_env(const LmdbOptions& options, Log& log) {
  for (uint64_t size = std::max(options.max_bytes, kMinMap); size >= kMinMap; size /= 2) {
    MDB_env* raw = nullptr;
    if (const int code = mdb_env_create(&raw); code != MDB_SUCCESS) {
      return cannot_open(options.directory, explain(code));
    }
    Env env(raw);
    mdb_env_set_maxreaders(raw, kMaxReaders);
    mdb_env_set_mapsize(raw, size);
    const int code = mdb_env_open(raw, options.directory.c_str(), MDB_NOTLS, 0600);
    if (code == MDB_SUCCESS) {
      if (size < options.max_bytes) {
        log.warn("address space is limited, so the database can grow to less than store.max_size",
                 {{"bytes", size}});
      }
      return env;
    }
    if (code != ENOMEM) return cannot_open(options.directory, explain(code));
  }
  return cannot_open(options.directory, "there is not enough address space; raise ulimit -v");
}

}  // namespace

Result<std::unique_ptr<Store>> open_lmdb(const LmdbOptions& options, Log& log) {
  warn_of_network(options.directory, log);
  Env env = TRY(open_env(options, log));
  int stale = 0;
  mdb_reader_check(env.get(), &stale);
  if (stale > 0) log.info("store: slots of ended processes cleared", {{"readers", stale}});
  MDB_dbi table = 0;
  try {
    WriteScope txn(env.get(), nullptr);
    check_lmdb(mdb_dbi_open(txn.get(), nullptr, 0, &table), "open");
    txn.commit();
  } catch (const Fault& fault) {
    return cannot_open(options.directory, fault.what());
  }
  return std::unique_ptr<Store>(std::make_unique<LmdbStore>(std::move(env), table, log));
}

}  // namespace authd::store
