#include "store/lmdb/engine.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <new>

#include "store/commit_group.h"
#include "store/lmdb/change_log.h"
#include "store/lmdb/environment.h"
#include "store/lmdb/transaction.h"
#include "store/unavailable.h"

namespace authd::store {
namespace {

using Group = std::span<PendingWrite* const>;

// Whether writes will keep failing until somebody fixes the cause.
bool ends_writing(FaultKind kind) {
  switch (kind) {
    case FaultKind::map_full:
    case FaultKind::disk_full:
    case FaultKind::read_only:
    case FaultKind::io: return true;
    case FaultKind::corrupt:
    case FaultKind::version:
    case FaultKind::limit: return false;
  }
  __builtin_unreachable();
}

class LmdbStore final : public Store {
 public:
  LmdbStore(std::unique_ptr<Environment> env, const LmdbOptions& options, Log& log)
      : env_(std::move(env)), log_(log), changes_({options.directory, options.followed}, log) {}

  Stats stats() override {
    const TransactionGuard guard;
    Environment::Size size{};
    const Result<void> measured = shielded([&]() -> Result<void> {
      size = env_->size();
      return {};
    });
    static_cast<void>(measured);  // The counters are valid even if the file cannot be read.
    const std::lock_guard lock(stats_mutex_);
    Stats stats = stats_;
    stats.used_bytes = size.used_bytes;
    stats.max_bytes = size.max_bytes;
    stats.entries = size.entries;
    stats.write_waits = env_->write_waits();
    stats.has_files = env_->has_files();
    return stats;
  }

  std::optional<OldReader> oldest_reader() override {
    const TransactionGuard guard;
    std::optional<OldReader> oldest;
    const Result<void> looked = shielded([&]() -> Result<void> {
      oldest = env_->oldest_reader();
      return {};
    });
    static_cast<void>(looked);  // The file cannot be read; every other caller notices that too.
    return oldest;
  }

  Milliseconds write_waits() override { return env_->write_waits(); }
  void stop_waiting() override { env_->stop_waiting(); }

  Result<Place> begin_changes() override {
    const TransactionGuard guard;
    Place place;
    TRY(shielded([&]() -> Result<void> {
      place.number = newest();
      place.mark = TRY(changes_.begin(place.number, ""));
      return {};
    }));
    return place;
  }

  Result<std::optional<ChangedKeys>> changed_since(const Place& place, size_t limit) override {
    const TransactionGuard guard;
    std::optional<ChangedKeys> changed;
    TRY(shielded([&]() -> Result<void> {
      changed = changes_.since(place, newest(), limit);
      return {};
    }));
    return changed;
  }

  void end_changes() override { changes_.end(); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(ReadTxn&)> fn) override {
    const TransactionGuard guard;
    return shielded([&] {
      Result<void> outcome;
      env_->read([&](MDB_txn* raw) {
        LmdbReadTxn txn(raw, env_->table());
        outcome = fn(txn);
      });
      return outcome;
    });
  }

  Result<void> run_write(FunctionRef<Result<void>(WriteTxn&)> fn) override {
    const TransactionGuard guard;
    return group_.run(fn, [&](Group group) { commit_all(group); });
  }

 private:
  // Runs every closure of the group and commits what they wrote, once. It must not throw, or the
  // other writers of the group would wait forever.
  void commit_all(Group group) noexcept {
    size_t committed = 0;
    const Result<void> done = shielded_write([&]() -> Result<void> {
      std::vector<std::string> changed;
      env_->write([&](MDB_txn* whole) {
        const bool is_followed = changes_.is_on();
        for (PendingWrite* write : group)
          committed += run_one(*write, whole, group.size() > 1, is_followed ? &changed : nullptr);
        if (committed > 0 && is_followed) note_changes(mdb_txn_id(whole), changed);
        return committed > 0;
      });
      return {};
    });
    if (!done) {
      // Nothing of the group is durable, so no closure may report success. Nor may a refusal stand,
      // since it may rest on what another closure of the group had written.
      committed = 0;
      for (PendingWrite* write : group)
        write->outcome = unavailable();  // Copying `done` might run out of memory.
    }
    count(group, committed);
  }

  // 1 if the closure wants to be committed, else 0. A lone closure needs no nested transaction: if
  // it fails, nothing is committed at all. Keys that a refused one has put are noted all the same:
  // whoever follows finds them unchanged.
  size_t run_one(PendingWrite& write, MDB_txn* whole, bool is_nested,
                 std::vector<std::string>* changed) {
    const auto run_in = [&](MDB_txn* raw) {
      LmdbWriteTxn txn(raw, env_->table(), changed);
      write.outcome = write.fn(txn);
      return write.outcome.has_value();
    };
    const Result<void> done = shielded_write([&]() -> Result<void> {
      if (is_nested) {
        Environment::nested(whole, run_in);
      } else {
        run_in(whole);
      }
      return {};
    });
    if (!done) write.outcome = unavailable();
    return write.outcome.has_value() ? 1 : 0;
  }

  void note_changes(uint64_t number, std::vector<std::string>& keys) {
    std::erase_if(keys, [&](const std::string& key) { return !changes_.is_noted(key); });
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    changes_.note(number, "", keys);
  }

  uint64_t newest() {
    uint64_t number = 0;
    env_->read([&](MDB_txn* txn) { number = mdb_txn_id(txn); });
    return number;
  }

  template <typename Work>
  Result<void> shielded(Work work) {
    return store::shielded(work, [this](const char* cause) { note(cause); });
  }

  // The same for a part of a write.
  template <typename Work>
  Result<void> shielded_write(Work work) {
    return shielded([&]() -> Result<void> {
      try {
        return work();
      } catch (const Fault& fault) {
        if (ends_writing(fault.kind())) {
          const std::lock_guard lock(stats_mutex_);
          stats_.can_write = false;
        }
        throw;
      }
    });
  }

  void count(Group group, size_t committed) {
    const std::lock_guard lock(stats_mutex_);
    stats_.writes += committed;
    if (committed > 0) stats_.can_write = true;
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

  void note(const char* cause) {
    log_.error("store fault", {{"cause", cause}});
    const std::lock_guard lock(stats_mutex_);
    stats_.faults += 1;
  }

  std::unique_ptr<Environment> env_;
  Log& log_;
  ChangeLog changes_;
  CommitGroup group_;
  std::mutex stats_mutex_;
  Stats stats_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_lmdb(const LmdbOptions& options, Log& log) {
  std::unique_ptr<Environment> env = TRY(Environment::open(options, log));
  return std::unique_ptr<Store>(std::make_unique<LmdbStore>(std::move(env), options, log));
}

}  // namespace authd::store
