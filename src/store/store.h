// The store: ordered bytes and transactions, nothing else. This header is the contract that every
// engine keeps (tests/store/conformance.cpp is the same in code); rows and tables live in tables/.
//
//   Result<int> n = store.read([&](ReadTxn& tx) -> Result<int> { … tx.get(key) … });
//   Result<void> r = store.write([&](WriteTxn& tx) -> Result<void> { … tx.put(key, value) … });
//
// Rules for closures
//   - A closure may run again, and on another thread (the leader of a commit group runs it). Its
//     only side effect outside the transaction is to assign captured result variables, each time it
//     runs.
//   - It returns a value, and the transaction commits; or an Error, and nothing of it remains.
//   - It does nothing slow: no hashing, no network, no waiting.
//   - Transactions are never nested: no read, write or stats inside a closure (CHECKed).
//   - A fault of the engine (disk full, damaged file) unwinds the closure as store::Fault; read()
//     and write() catch it, log the cause once and return ErrorCode::unavailable. It fails only its
//     own closure; but if the commit itself fails, so does the whole group. Any other exception
//     that leaves a closure (out of memory) is treated the same way.
//
// Guarantees
//   - write() returns a value only after the commit is durable (it survives loss of power).
//   - A read sees one committed state, at least as new as every write acknowledged before it began,
//     including writes by another process on the same data directory. With several hosts, a read
//     that says no (an Error, nullopt, an absent row) is as new as every write of every host; any
//     other may be older, by cluster.lease at most, but never older than what this process has
//     written or read. A value whose absent rows mean no such thing has a function says_no(), found
//     beside its type.
//   - Writers of all processes are serialised. A writer that waits for a process which makes no
//     progress (it may be stopped) fails with a Fault after some seconds.
//
// Limits, checked: keys 1..511 bytes, values up to 100 KiB, up to 100 puts and dels in a write.
// Beyond them a closure fails with Fault{limit}: a bug in the caller, which does not end the
// process. A WriteTxn cannot scan: an optimistic engine guards the keys that were read, not the
// gaps between them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"

namespace authd::store {

inline constexpr size_t kMaxKeyBytes = 511;
inline constexpr size_t kMaxValueBytes = 100 * 1024;
inline constexpr size_t kMaxWritesPerTransaction = 100;

enum class FaultKind {
  map_full,   // store.max_size is reached
  disk_full,  // ENOSPC, EDQUOT
  read_only,  // EROFS, EACCES on writing
  corrupt,    // a page or a row cannot be read
  version,    // the file was written by an engine of another format
  limit,      // a key, a value or a transaction beyond the limits above: a bug in the caller
  io,         // anything else that the system reports
};

// Thrown only inside a closure; never leaves Store::read or Store::write.
class Fault : public std::runtime_error {
 public:
  Fault(FaultKind kind, const std::string& cause) : std::runtime_error(cause), kind_(kind) {}
  FaultKind kind() const { return kind_; }

 private:
  FaultKind kind_;
};

class Reader {
 public:
  virtual ~Reader() = default;
  // A copy of the value, or nullopt when the key is absent.
  virtual std::optional<std::string> get(std::string_view key) = 0;
  // Calls `take` with the value, or returns false when the key is absent. The view lives only
  // during the call, which must not use the transaction. An engine that can show the value in place
  // overrides this to save the copy.
  using Take = FunctionRef<void(std::string_view value)>;
  virtual bool look(std::string_view key, Take take) {
    const std::optional<std::string> value = get(key);
    if (value) take(*value);
    return value.has_value();
  }
};

class ReadTxn : public Reader {
 public:
  // Calls `visit(key, value)` for the keys in [first, last) in byte order until it returns false.
  // An empty `last` means to the end. The views live only during the call.
  using Visit = FunctionRef<bool(std::string_view key, std::string_view value)>;
  virtual void scan(std::string_view first, std::string_view last, Visit visit) = 0;
  // The same keys in the opposite order, from the last one down to `first`.
  virtual void scan_back(std::string_view first, std::string_view last, Visit visit) = 0;
  // The number of the committed state that is read: two reads with the same number see the same
  // bytes, whichever process committed them. 0 when the engine does not number its states.
  virtual uint64_t snapshot() const { return 0; }
};

class WriteTxn : public Reader {
 public:
  virtual void put(std::string_view key, std::string_view value) = 0;  // inserts or replaces
  virtual void del(std::string_view key) = 0;                          // absent keys are fine
};

// Supplies the records of a new database (store/engine.h). Sets key and value to the next record
// and returns true; false if there are no more. The views are valid until the next call.
using NextRecord = FunctionRef<Result<bool>(std::string_view& key, std::string_view& value)>;

// Counters since the engine was opened, for /metrics and `authd db stat`.
struct Stats {
  uint64_t commits = 0;  // durable commits
  uint64_t writes = 0;   // write closures that committed
  uint64_t refused = 0;  // write closures that returned an Error
  uint64_t faults = 0;   // closures or commits that failed with a Fault
  // Whether the last commit succeeded: false while the disk or the file is full, read-only or
  // broken, until a write succeeds.
  bool can_write = true;
  // How long writes of this process have waited in vain for another process's writer; 0: none
  // waits.
  Milliseconds write_waits{0};
  // Whether the store's files are still the ones that were opened. While they are not, nothing is
  // written.
  bool has_files = true;
  // Commits by number of closures; upper bounds: 1, 2, 4, … 64, more.
  std::array<uint64_t, 8> batch_sizes = {};
  uint64_t used_bytes = 0;  // of the data file
  uint64_t max_bytes = 0;   // the size at which map_full begins
  uint64_t entries = 0;     // keys in the store
};

// A long-lived read of any process: a backup to a slow disk, or a command that was stopped in the
// middle of one.
struct OldReader {
  int process = 0;
  uint64_t commits_since = 0;  // since the state that it reads; at least 1
  Milliseconds age{0};         // since oldest_reader() saw it first
};

// A process that answers from a copy of what several hosts share.
struct Replication {
  uint64_t revision = 0;  // of the copy
  uint64_t newest = 0;    // that this process has heard of
  // Since the copy was last known to be complete; beyond the lease, nothing is answered.
  Milliseconds age{0};
  bool holds_lease = false;
  uint64_t conflicts =
      0;                // closures that ran again because another host had changed what they read
  uint64_t looks = 0;   // reads that ran again because they said no
  uint64_t copies = 0;  // how often everything was copied anew
  uint64_t reconnects = 0;
};

// A place in the order of the commits: a number, and the mark of the history that it belongs to.
struct Place {
  uint64_t number = 0;
  std::string mark;  // 16 bytes
  bool operator==(const Place&) const = default;
};

struct ChangedKeys {
  Place place;                    // every change up to it is in `keys`
  bool is_all = true;             // of what was committed before the call
  std::vector<std::string> keys;  // of Options::followed; may repeat
};

class Store {
 public:
  virtual ~Store() = default;

  // `fn` is called with ReadTxn& and returns some Result<T>, which read() returns.
  template <typename F>
  auto read(F&& fn) -> std::invoke_result_t<F&, ReadTxn&> {
    using R = std::invoke_result_t<F&, ReadTxn&>;
    std::optional<R> result;
    const auto closure = [&](ReadTxn& tx) -> Result<void> {
      result.emplace(fn(tx));
      if (!*result) return result->error();
      return {};
    };
    Result<void> done = run_read(closure);
    if (denies(done, result)) {
      const Result<bool> is_newer = catch_up();
      if (!is_newer) return is_newer.error();
      if (*is_newer) done = run_read(closure);
    }
    return finish(std::move(done), std::move(result));
  }

  // The same with WriteTxn&; commits durably when `fn` returned a value.
  template <typename F>
  auto write(F&& fn) -> std::invoke_result_t<F&, WriteTxn&> {
    using R = std::invoke_result_t<F&, WriteTxn&>;
    std::optional<R> result;
    Result<void> done = run_write([&](WriteTxn& tx) -> Result<void> {
      result.emplace(fn(tx));
      if (!*result) return result->error();
      return {};
    });
    return finish(std::move(done), std::move(result));
  }

  // Every record of one committed state, once each, in byte order of the keys: for backups. Unlike
  // a closure, `take` may have effects: it runs once, on this thread. It may be slow, but whatever
  // is deleted or replaced meanwhile keeps its space, so the file grows by as much. An Error from
  // `take` ends the copy and is returned.
  using TakeRecord = FunctionRef<Result<void>(std::string_view key, std::string_view value)>;
  Result<void> copy(TakeRecord take) { return run_copy(take); }

  // Not inside a closure.
  virtual Stats stats() = 0;

  // How many numbers of a counter a writer takes at once (tables::next_number). One if writers wait
  // for each other anyway, so that no number is skipped; more if writers of the same row conflict.
  // Constant.
  virtual uint64_t number_block() const { return 1; }

  // Stats::write_waits. Never waits itself.
  virtual Milliseconds write_waits() { return Milliseconds(0); }

  // The running read with the oldest state, unless that is also the newest state. Whatever is
  // replaced or deleted during a read keeps its space in the file, as with copy(). Call it
  // regularly: only that gives a read its age. Not inside a closure. nullopt: there is none, or the
  // engine has no such cost.
  virtual std::optional<OldReader> oldest_reader() { return std::nullopt; }

  // From now on, a write that would have to wait for another process fails at once: for a process
  // that is ending.
  virtual void stop_waiting() {}

  // Whether this process runs the background jobs: one of all servers on the same data does, at any
  // time, and within a second or two another one does if it ends. Cheap.
  virtual bool leads() { return true; }

  // For those who keep a copy elsewhere. begin_changes() is the place of the newest state: from
  // then on, each process that commits notes which keys it has changed. changed_since() says which
  // ones that were after a place, up to about `limit`; nullopt when that is no longer known.
  // end_changes() ends the notes. Not inside a closure. Errors: `unavailable`, also when the engine
  // cannot do this.
  virtual Result<Place> begin_changes() { return no_changes(); }
  virtual Result<std::optional<ChangedKeys>> changed_since(const Place&, size_t) {
    return no_changes();
  }
  virtual void end_changes() {}

  // How far this process is behind the other hosts. nullopt: the engine knows of none.
  virtual std::optional<Replication> replication() { return std::nullopt; }

 protected:
  // An engine implements these two. They return what the closure returned, or `unavailable`.
  virtual Result<void> run_read(FunctionRef<Result<void>(ReadTxn&)> fn) = 0;
  virtual Result<void> run_write(FunctionRef<Result<void>(WriteTxn&)> fn) = 0;
  // For engines whose run_read() runs a closure once.
  virtual Result<void> run_copy(TakeRecord take) {
    return run_read([&](ReadTxn& tx) -> Result<void> {
      Result<void> taken;
      tx.scan("", "", [&](std::string_view key, std::string_view value) {
        taken = take(key, value);
        return taken.has_value();
      });
      return taken;
    });
  }

  // For engines whose reads may be older than the newest committed state: makes the next read of
  // this thread see what was committed anywhere before this call. Returns whether that is another
  // state than the one that this thread has read last. `unavailable` if it cannot be had.
  virtual Result<bool> catch_up() { return false; }
  // Of such engines: whether the last read of this thread asked for a row that was not there.
  virtual bool missed_a_row() { return false; }

  // Decorators (tests/support) reach the engine below them through these.
  static Result<void> read_through(Store& below, FunctionRef<Result<void>(ReadTxn&)> fn) {
    return below.run_read(fn);
  }
  static Result<void> write_through(Store& below, FunctionRef<Result<void>(WriteTxn&)> fn) {
    return below.run_write(fn);
  }

 private:
  static Error no_changes() {
    return Error{ErrorCode::unavailable, "this store does not say what changes"};
  }

  // Whether the answer of a read may rest on something that is not there yet: an Error, nullopt,
  // what a function says_no() beside the value's type calls so, or, of any other value, a row that
  // was absent.
  template <typename R>
  bool denies(const Result<void>& done, const std::optional<R>& result) {
    if (!done) return done.error().code != ErrorCode::unavailable;
    if constexpr (requires { says_no(**result); }) {
      return says_no(**result);
    } else if constexpr (requires { (*result)->has_value(); }) {
      return !(**result).has_value();
    } else {
      return missed_a_row();
    }
  }

  template <typename R>
  static R finish(Result<void> done, std::optional<R> result) {
    if (!done) return std::move(done.error());
    return std::move(*result);
  }
};

}  // namespace authd::store
