#include "store/postgresql/engine.h"

#include <algorithm>
#include <bit>
#include <mutex>

#include "store/commit_group.h"
#include "store/directory.h"
#include "store/limits.h"
#include "store/postgresql/options.h"
#include "store/postgresql/writer.h"
#include "store/unavailable.h"

namespace authd::store {
namespace {

// How long a read that would say no waits for the newest revision.
constexpr Milliseconds kSecondLook{1'000};
// Writers of several hosts would conflict in every counter.
constexpr uint64_t kNumberBlock = 32;

// Of the last read of this thread.
thread_local uint64_t read_revision = 0;
thread_local bool read_missed = false;

using Group = std::span<PendingWrite* const>;

class PostgresqlStore final : public Store {
 public:
  PostgresqlStore(const PostgresqlOptions& server, std::unique_ptr<Copy> copy,
                  std::unique_ptr<Follower> follower, Log& log)
      : copy_(std::move(copy)),
        follower_(std::move(follower)),
        log_(log),
        writer_(server, *copy_, *follower_, [this](const char* cause) { note(cause); }) {}

  Stats stats() override {
    const TransactionGuard guard;
    Environment::Size size{};
    const Result<void> measured = shielded([&]() -> Result<void> {
      size = copy_->environment().size();
      return {};
    });
    static_cast<void>(measured);  // The counters are valid even if the file cannot be read.
    const std::lock_guard lock(stats_mutex_);
    Stats stats = stats_;
    stats.used_bytes = size.used_bytes;
    stats.max_bytes = size.max_bytes;
    stats.entries = size.entries > 0 ? size.entries - 1 : 0;  // without the copy's own row
    stats.write_waits = copy_->environment().write_waits();
    stats.has_files = copy_->environment().has_files();
    stats.can_write = stats.can_write && follower_->holds_lease();
    return stats;
  }

  std::optional<OldReader> oldest_reader() override {
    const TransactionGuard guard;
    std::optional<OldReader> oldest;
    const Result<void> looked = shielded([&]() -> Result<void> {
      oldest = copy_->environment().oldest_reader();
      return {};
    });
    static_cast<void>(looked);  // The file cannot be read; every other caller notices that too.
    return oldest;
  }

  uint64_t number_block() const override { return kNumberBlock; }
  Milliseconds write_waits() override { return copy_->environment().write_waits(); }
  void stop_waiting() override { copy_->environment().stop_waiting(); }
  bool leads() override { return follower_->leads(); }

  Result<Place> begin_changes() override {
    static_cast<void>(TRY(catch_up()));
    const TransactionGuard guard;
    Place place;
    TRY(shielded([&]() -> Result<void> {
      const Revision has = copy_->revision().value_or(Revision{});
      place.number = has.number;
      place.mark = TRY(copy_->changes().begin(has.number, has.mark));
      return {};
    }));
    return place;
  }

  // As new as every commit of every host.
  Result<std::optional<ChangedKeys>> changed_since(const Place& place, size_t limit) override {
    static_cast<void>(TRY(catch_up()));
    const TransactionGuard guard;
    std::optional<ChangedKeys> changed;
    TRY(shielded([&]() -> Result<void> {
      const uint64_t newest = copy_->revision().value_or(Revision{}).number;
      changed = copy_->changes().since(place, newest, limit);
      return {};
    }));
    return changed;
  }

  void end_changes() override { copy_->changes().end(); }
  std::optional<Replication> replication() override { return follower_->replication(); }

 protected:
  Result<bool> catch_up() override {
    if (!follower_->catch_up(kSecondLook)) return unavailable();
    if (copy_->known_revision() == read_revision) return false;
    follower_->looks += 1;
    return true;
  }

  bool missed_a_row() override { return read_missed; }

  Result<void> run_read(FunctionRef<Result<void>(ReadTxn&)> fn) override {
    const TransactionGuard guard;
    // Asked before and after: the process may have been stopped in between.
    if (!follower_->holds_lease()) return unavailable();
    const Result<void> outcome = shielded([&] {
      Result<void> read;
      read_missed = copy_->read([&](ReadTxn& tx, const Revision& revision) {
        read_revision = revision.number;
        read = fn(tx);
      });
      return read;
    });
    if (!follower_->holds_lease()) return unavailable();
    return outcome;
  }

  Result<void> run_write(FunctionRef<Result<void>(WriteTxn&)> fn) override {
    const TransactionGuard guard;
    return group_.run(fn, [&](Group group) { commit_all(group); });
  }

  // Everything, as it is now in the whole cluster.
  Result<void> run_copy(TakeRecord take) override {
    static_cast<void>(TRY(catch_up()));
    const TransactionGuard guard;
    return shielded([&] {
      Result<void> taken;
      copy_->read([&](ReadTxn& tx, const Revision&) {
        tx.scan("", "", [&](std::string_view key, std::string_view value) {
          taken = take(key, value);
          return taken.has_value();
        });
      });
      return taken;
    });
  }

 private:
  void commit_all(Group group) noexcept {
    for (PendingWrite* write : group)
      write->outcome = unavailable();
    const GroupOutcome done = writer_.commit(group);
    const std::lock_guard lock(stats_mutex_);
    stats_.writes += done.committed;
    stats_.commits += done.commits;
    stats_.faults += done.failed;
    for (const PendingWrite* write : group) {
      if (!write->outcome && write->outcome.error().code != ErrorCode::unavailable) {
        stats_.refused += 1;
      }
    }
    if (done.failed > 0 || done.committed > 0) stats_.can_write = done.failed == 0;
    if (done.committed == 0) return;
    const size_t bucket = static_cast<size_t>(std::bit_width(done.committed - 1));
    stats_.batch_sizes[std::min(bucket, stats_.batch_sizes.size() - 1)] += 1;
  }

  template <typename Work>
  Result<void> shielded(Work work) {
    return store::shielded(work, [this](const char* cause) { note(cause); });
  }

  void note(const char* cause) {
    log_.error("store fault", {{"cause", cause}});
    const std::lock_guard lock(stats_mutex_);
    stats_.faults += 1;
  }

  std::unique_ptr<Copy> copy_;
  std::unique_ptr<Follower> follower_;
  Log& log_;
  CommitGroup group_;
  Writer writer_;
  std::mutex stats_mutex_;
  Stats stats_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgresql(const Options& options, Log& log) {
  LmdbOptions copied;
  copied.directory = copy_directory(options);
  copied.max_bytes = options.max_bytes;
  copied.followed = options.followed;
  copied.tell = options.tell;
  copied.stopping = options.stopping;
  TRY(make_directory(copied.directory, log));
  std::unique_ptr<Copy> copy = TRY(Copy::open(copied, log));
  FollowerOptions following;
  following.server = server_of(options);
  following.node = options.node;
  following.is_server = options.is_server;
  following.lease = options.lease;
  following.heartbeat = options.heartbeat;
  following.begin_thread = options.begin_thread;
  std::unique_ptr<Follower> follower =
      TRY(Follower::start(following, *copy, log, options.stopping));
  return std::unique_ptr<Store>(std::make_unique<PostgresqlStore>(following.server, std::move(copy),
                                                                  std::move(follower), log));
}

}  // namespace authd::store
