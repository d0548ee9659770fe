#include "store/lmdb/environment.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <utility>

#include "base/file.h"
#include "base/out_of_memory.h"
#include "store/directory.h"
#include "store/lmdb/cut_file.h"
#include "store/lmdb/error.h"
#include "store/lmdb/lock_file.h"
#include "store/lmdb/map_size.h"
#include "store/lmdb/stop_signal.h"

namespace authd::store {
namespace {

// The smallest address space worth starting with.
constexpr uint64_t kMinMap = 16ull << 20;

// A process killed while it reads leaves an entry that pins old pages, so the file would grow.
// After this many writes, a writer looks for such entries, which costs a few microseconds.
constexpr uint64_t kWritesBetweenReaderChecks = 256;

// A disk with less than this is full. LMDB reports the resulting short write as EIO.
constexpr uint64_t kFullDisk = 1ull << 20;

// If the database is replaced while being opened, it is opened again, at most this many times.
constexpr int kMaxOpens = 5;

// Aborts unless committed.
class WriteScope {
 public:
  explicit WriteScope(MDB_txn* txn) : txn_(txn) {}
  ~WriteScope() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

  MDB_txn* get() const { return txn_; }
  // Ends the transaction even if it fails. Returns LMDB's code.
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }

 private:
  MDB_txn* txn_;
};

Error cannot_open(const std::string& directory, const std::string& cause) {
  return Error{ErrorCode::unavailable, "cannot open the database in " + directory + ": " + cause};
}

// LMDB's locks and memory map are not safe across the hosts of a network file system.
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

// LMDB ends the process when it finds an impossible page; this says what to do about it.
void explain_assertion(MDB_env*, const char* text) {
  std::fprintf(stderr, "authd: the database is damaged, restore a backup: %s\n", text);
}

// Makes the directory entries of new files durable: without it, the files may be gone after a power
// loss.
void sync_directory(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) fsync(fd.get());
}

}  // namespace

Environment::Environment(const LmdbOptions& options, Log& log)
    : options_(options),
      log_(log),
      waits_(log, options.tell, options.stopping),
      old_readers_(log) {}

Result<std::unique_ptr<Environment>> Environment::open(const LmdbOptions& options, Log& log) {
  NotStopped::take_over();
  warn_of_network(options.directory, log);
  std::unique_ptr<Environment> made(new Environment(options, log));
  made->env_ = TRY(made->open_env());
  made->known_map_ = recorded_map_size(made->env_.get());
  made->readers_.resume(made->env_.get());
  return made;
}

Result<Environment::Env> Environment::open_env() {
  const std::string lock_file = options_.directory + "/lock.mdb";
  for (int opens = 1;; ++opens) {
    if (const int code = reserve_lock_file(lock_file, kLockFileBytes); code != 0) {
      return cannot_open(options_.directory, explain(code));
    }
    files_.reset();  // Two marks of one process on the file could contradict each other.
    files_.emplace(TRY(OpenFiles::open(options_.directory)));
    Result<Env> env = map();
    if (env) TRY(prepare(env->get()));
    if (env || files_->are_in_place() || opens == kMaxOpens) return env;
  }
}

// As much address space as is available, up to the configured size.
Result<Environment::Env> Environment::map() {
  for (uint64_t size = std::max(options_.max_bytes, kMinMap); size >= kMinMap; size /= 2) {
    Result<Env> env = map(size);
    if (!env) return env;
    if (*env == nullptr) continue;
    if (size < options_.max_bytes) {
      log_.warn("address space is limited, so the database can grow to less than store.max_size",
                {{"bytes", size}});
    }
    return env;
  }
  return cannot_open(options_.directory, "there is not enough address space; raise ulimit -v");
}

// Null if there is not enough address space.
Result<Environment::Env> Environment::map(uint64_t max_bytes) {
  MDB_env* raw = nullptr;
  if (const int code = mdb_env_create(&raw); code != MDB_SUCCESS) {
    return cannot_open(options_.directory, explain(code));
  }
  Env env(raw);
  mdb_env_set_maxreaders(raw, kMaxReaders);
  mdb_env_set_mapsize(raw, max_bytes);
  mdb_env_set_assert(raw, explain_assertion);
  const auto open_waiting = [&] {
    const LockWaits::Scope scope(waits_, nullptr);
    const unsigned flags = MDB_NOTLS | (options_.is_synced ? 0u : MDB_NOSYNC);
    return mdb_env_open(raw, options_.directory.c_str(), flags, 0600);
  };
  const int code = open_waiting();
  if (code == ENOMEM) return Env();
  if (code == ETIMEDOUT) return cannot_open(options_.directory, waits_.cause());
  if (code != MDB_SUCCESS) return cannot_open(options_.directory, explain(code));
  // LMDB follows symbolic links, and the owner of the directory, whom root's commands need not
  // trust, could point one at any file. So the files were opened without following links, and they
  // must be the ones that LMDB has now.
  int theirs = -1;
  if (mdb_env_get_fd(raw, &theirs) != MDB_SUCCESS || !files_->has_data(theirs) ||
      !files_->are_in_place()) {
    return cannot_open(options_.directory, explain(ELOOP));
  }
  return env;
}

Result<void> Environment::prepare(MDB_env* env) {
  adopt_owner(options_.directory + "/data.mdb");
  adopt_owner(options_.directory + "/lock.mdb");
  sync_directory(options_.directory);
  int stale = 0;
  mdb_reader_check(env, &stale);
  if (stale > 0) log_.info("readers of ended processes forgotten", {{"readers", stale}});
  const NotStopped not_stopped;
  MDB_txn* txn = nullptr;
  if (const int code = begin_waiting(env, txn); code != MDB_SUCCESS) {
    return cannot_open(options_.directory, code == ETIMEDOUT ? waits_.cause() : explain(code));
  }
  WriteScope scope(txn);
  MDB_dbi table = 0;
  int code = mdb_dbi_open(txn, nullptr, 0, &table);
  if (code == MDB_SUCCESS) code = check_length(env);
  if (code == MDB_SUCCESS) code = scope.commit();
  if (code == MDB_SUCCESS) return {};
  return cannot_open(options_.directory, explain(code));
}

void Environment::read(FunctionRef<void(MDB_txn*)> work) {
  ReaderPool::Slot* slot = nullptr;
  const uint64_t seen = mends_;
  int code = readers_.take(slot);
  if (code == MDB_MAP_RESIZED || code == MDB_PANIC) {
    {
      const std::lock_guard lock(writer_);
      mend(code, seen);
    }
    code = readers_.take(slot);
  }
  check_lmdb(code, "begin a read");
  struct GiveBack {
    ReaderPool& pool;
    ReaderPool::Slot& slot;
    ~GiveBack() { pool.give_back(slot); }
  } const give_back{readers_, *slot};
  work(slot->txn);
}

void Environment::write(FunctionRef<bool(MDB_txn*)> work) {
  const std::lock_guard lock(writer_);
  const NotStopped not_stopped;
  WriteScope scope(begin_write());
  check_files();
  if (!work(scope.get())) return;
  if (const int code = scope.commit(); code != MDB_SUCCESS) {
    check_lmdb(commit_failure(code), "commit");
  }
  if (++writes_ % kWritesBetweenReaderChecks == 0) mdb_reader_check(env_.get(), nullptr);
}

void Environment::nested(MDB_txn* whole, FunctionRef<bool(MDB_txn*)> work) {
  MDB_txn* txn = nullptr;
  check_lmdb(mdb_txn_begin(mdb_txn_env(whole), whole, 0, &txn), "begin a write");
  WriteScope scope(txn);
  if (work(txn)) check_lmdb(scope.commit(), "commit");
}

Environment::Size Environment::size() {
  Size size{};
  read([&](MDB_txn* txn) {
    MDB_env* env = mdb_txn_env(txn);  // cannot go away during a read
    MDB_envinfo info;
    MDB_stat stat;
    check_lmdb(mdb_env_info(env, &info), "read");
    check_lmdb(mdb_stat(txn, kTable, &stat), "read");
    size = {(info.me_last_pgno + 1) * stat.ms_psize, info.me_mapsize, stat.ms_entries};
  });
  return size;
}

std::optional<OldReader> Environment::oldest_reader() {
  std::optional<OldReader> oldest;
  read([&](MDB_txn* txn) {
    // The environment cannot go away during a read.
    oldest = old_readers_.look(mdb_txn_env(txn), std::chrono::steady_clock::now());
  });
  return oldest;
}

// The one place where this process asks for LMDB's writer lock.
int Environment::begin_waiting(MDB_env* env, MDB_txn*& txn) {
  const LockWaits::Scope scope(waits_, env);
  return mdb_txn_begin(env, nullptr, 0, &txn);
}

// Two system calls of a microsecond each; the commit waits for the disk.
void Environment::check_files() {
  has_files_ = files_->are_in_place();
  if (has_files_) return;
  throw Fault(FaultKind::io, "begin a write: data.mdb or lock.mdb in " + options_.directory +
                                 " was moved, removed or replaced; put both back, or restart "
                                 "authd (authd db check first, if another process wrote)");
}

MDB_txn* Environment::begin_write() {
  MDB_txn* txn = nullptr;
  int code = env_ ? begin_waiting(env_.get(), txn) : MDB_PANIC;
  if (code == MDB_SUCCESS && is_outgrown()) {
    mdb_txn_abort(txn);
    code = MDB_MAP_RESIZED;
  }
  if (code == MDB_MAP_RESIZED || code == MDB_PANIC) {
    mend(code, mends_);
    code = env_ ? begin_waiting(env_.get(), txn) : MDB_PANIC;
  }
  if (code == ETIMEDOUT) throw Fault(FaultKind::io, "begin a write: " + waits_.cause());
  check_lmdb(code, "begin a write");
  return txn;
}

// Whether another process has raised the limit since this one mapped the file. An earlier limit
// does not count: this process has less because of its own configuration, or for lack of room.
bool Environment::is_outgrown() const {
  const uint64_t recorded = recorded_map_size(env_.get());
  return recorded > known_map_ && recorded > own_map_size(env_.get());
}

// The caller holds writer_. `seen` is mends_ from before it got `code`: if another thread mended
// since, the report is old. It must not throw, or readers would be kept out forever.
void Environment::mend(int code, uint64_t seen) noexcept {
  if (seen != mends_) return;
  readers_.pause();
  // Zero: the size that the other process has written into the file.
  const bool is_resized = code == MDB_MAP_RESIZED && mdb_env_set_mapsize(env_.get(), 0) == 0;
  if (is_resized) {
    log_.warn("another process uses a larger store.max_size; following it", {});
  } else {
    env_.reset();
    const auto reopen = [this]() -> Result<Env> {
      try {
        return open_env();
      } catch (const std::bad_alloc&) {
        return out_of_memory();
      }
    };
    Result<Env> opened = reopen();
    if (opened) {
      env_ = std::move(*opened);
      log_.warn("the database was opened again after a failed write", {});
    } else {
      log_.error("the database cannot be opened again", {{"cause", opened.error().message}});
    }
  }
  if (env_) known_map_ = recorded_map_size(env_.get());
  mends_ += 1;
  readers_.resume(env_.get());
}

// A short write is reported as EIO, though most likely the disk is full.
int Environment::commit_failure(int code) const {
  int fd = -1;
  struct statvfs disk;
  if (code != EIO || mdb_env_get_fd(env_.get(), &fd) != MDB_SUCCESS) return code;
  if (fstatvfs(fd, &disk) != 0 || disk.f_bavail * disk.f_frsize >= kFullDisk) return code;
  return ENOSPC;
}

}  // namespace authd::store
