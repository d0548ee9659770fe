// Keeps the copy up to date, on a thread and a connection of its own, and knows how old it is.
//
// The thread asks for the log whenever PostgreSQL notifies it, whenever somebody waits, and once a
// heartbeat. When a reply shows that the copy is complete, the copy was complete at the moment the
// question was sent: from then on the lease runs. Without the lease, nothing is read from the copy:
// a node that is cut off stops answering instead of answering from the past.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "store/copy/copy.h"
#include "store/postgresql/connection.h"
#include "store/store.h"

namespace authd::store {

struct FollowerOptions {
  PostgresqlOptions server;
  std::string node;
  bool is_server = false;
  Milliseconds lease{1000};
  Milliseconds heartbeat{100};
  std::function<void()> begin_thread = {};
};

// Thread-safe.
class Follower {
 public:
  // Connects, creates the schema if it is missing, brings the copy up to the newest revision, and
  // goes on following it until it is destroyed. Errors: `unavailable`, `invalid` (a newer format),
  // `conflict` (another server with this name).
  static Result<std::unique_ptr<Follower>> start(const FollowerOptions& options, Copy& copy,
                                                 Log& log, const Stopping& stopping);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  bool holds_lease() const;
  // Waits until the copy has every revision that was committed before the call. False: not within
  // `limit`, or not to be had.
  bool catch_up(Milliseconds limit);
  // From now on, the lease holds only with a copy that has at least this revision: whoever wrote
  // reads what was written.
  void require(uint64_t revision);
  // Waits until the copy has the revision.
  bool wait_for(uint64_t revision, Milliseconds limit);

  bool leads() const { return leads_.load(std::memory_order_acquire) && holds_lease(); }
  Replication replication() const;

  // Counted by the engine.
  std::atomic<uint64_t> conflicts{0};
  std::atomic<uint64_t> looks{0};

 private:
  enum class Progress { complete, more, lost };

  Follower(const FollowerOptions& options, Copy& copy, Log& log);

  void run();
  void follow_once();
  Result<void> connect(Milliseconds limit);
  Result<void> claim_name(const Stopping& stopping);
  Result<bool> take_name();
  Result<Progress> follow();
  Result<Progress> fetch();
  Result<void> copy_all(const char* why);
  Result<bool> is_behind(const Revision& has);
  Result<void> report();
  Result<void> lead();
  Result<void> trim();
  void confirm(int64_t asked_ms, uint64_t request);
  void lose(const Error& cause);
  void refuse_waiting();
  void sleep(Milliseconds limit);
  void wake();
  void forget_wakeups();

  FollowerOptions options_;
  Copy& copy_;
  Log& log_;

  std::optional<Connection> connection_;  // of the thread alone
  std::string lost_because_;              // what the log has said; empty while it follows
  int64_t reported_ms_ = 0;
  int64_t trimmed_ms_ = 0;
  Milliseconds backoff_{0};  // 0: it follows

  std::atomic<int64_t> confirmed_ms_{0};  // base/boot_time.h; 0: never
  std::atomic<uint64_t> required_{0};
  std::atomic<uint64_t> newest_{0};
  std::atomic<bool> leads_{false};
  std::atomic<uint64_t> copies_{0};
  std::atomic<uint64_t> reconnects_{0};

  mutable std::mutex mutex_;
  std::condition_variable progress_;
  uint64_t asked_ = 0;     // guarded by mutex_: how many have asked for a confirmation
  uint64_t answered_ = 0;  // guarded by mutex_: up to which it was given
  uint64_t failed_ = 0;    // guarded by mutex_: up to which it cannot be given
  std::atomic<bool> is_ending_{false};
  UniqueFd wakeup_;  // eventfd(2)
  std::thread thread_;
};

}  // namespace authd::store
