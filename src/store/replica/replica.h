// A store that is read only: a copy of what a main server lets it have, for a process beside an
// application (docs/sidecar.md). Two threads keep it up to date: one asks for news and waits for
// them, the other one asks at once when a read would say no.
//
// Reads are answered for as long as the lease lasts since the copy was last known to be complete;
// after that they fail. A "no" asks the main server once, if it can be reached; else it stands.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/stop.h"
#include "store/copy/copy.h"
#include "store/replica/page.h"
#include "store/store.h"

namespace authd::store {

// The main server, over one connection. Only one thread uses it.
class Source {
 public:
  virtual ~Source() = default;
  // What has changed since; it may wait for news. Errors: `conflict`: the place is no longer known,
  // and everything has to be copied; `unavailable`: it cannot be reached; others as the main server
  // says.
  virtual Result<Page> changes(const Place& after, Milliseconds wait) = 0;
  // The records from the key on; the place of the first page is the one to go on from.
  virtual Result<Page> records(std::string_view from) = 0;
};

struct ReplicaOptions {
  std::string directory;                    // for the copy; made unless it exists
  uint64_t max_bytes = 16ull << 30;         // of the copy
  Milliseconds lease{5'000};                // replica.lease
  unsigned reading_threads = 2;             // of the process
  std::function<void()> begin_thread = {};  // called first on both threads; may be empty
  Stopping stopping = {};                   // ends open() early
  std::string settings = {};                // Page::settings of those with which this process runs
  // Called on a thread of the replica when they are others now. May be empty.
  std::function<void()> settings_changed = {};
};

// Thread-safe.
class Replica final : public Store {
 public:
  // Brings the copy up to date, however long the main server cannot be reached. `waiting` is used
  // by the thread that waits for news, `asking` by the other one. Both outlive the replica. Errors:
  // `unavailable` when the copy cannot be used, or when stopping; what the main server says, except
  // that it cannot be reached.
  static Result<std::unique_ptr<Replica>> open(const ReplicaOptions& options, Source& waiting,
                                               Source& asking, Log& log);
  ~Replica() override;
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  Stats stats() override;
  std::optional<Replication> replication() override;
  bool leads() override { return false; }
  void stop_waiting() override { copy_->environment().stop_waiting(); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(ReadTxn&)> fn) override;
  Result<void> run_write(FunctionRef<Result<void>(WriteTxn&)> fn) override;
  Result<bool> catch_up() override;
  bool missed_a_row() override;

 private:
  Replica(const ReplicaOptions& options, std::unique_ptr<Copy> copy, Source& waiting,
          Source& asking, Log& log);

  Result<void> begin();
  void follow();
  void ask();
  Result<bool> step(Source& source, Milliseconds wait);
  Result<void> copy_all(Source& source, const std::optional<Revision>& instead_of);
  bool holds_lease() const;
  void note_failure(const Error& error);
  bool pause(Milliseconds limit);

  const ReplicaOptions options_;
  std::unique_ptr<Copy> copy_;
  Source& waiting_;
  Source& asking_;
  Log& log_;

  std::mutex apply_;                      // held by whoever changes the copy
  std::atomic<int64_t> confirmed_ms_{0};  // base/boot_time.h; 0: never
  std::atomic<bool> is_reached_{false};
  std::atomic<uint64_t> copies_{0};
  std::atomic<uint64_t> looks_{0};
  std::atomic<uint64_t> reconnects_{0};
  std::atomic<uint64_t> newest_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t wanted_ = 0;     // guarded by mutex_: how many reads have asked for a second look
  uint64_t answered_ = 0;   // guarded by mutex_: up to which there was an answer, or none to be had
  unsigned waiters_ = 0;    // guarded by mutex_
  bool is_ending_ = false;  // guarded by mutex_
  std::string lost_because_;  // guarded by mutex_; what the log has said; empty while it follows
  std::thread follower_;
  std::thread asker_;
};

// What lies in the copy of a directory, whether or not a process uses it; `take` gets each record.
// Errors: `not_found` when there is no copy; `unavailable`.
struct CopyContents {
  Place place;
  uint64_t bytes = 0;
  std::map<char, uint64_t> records;  // by the first byte of their keys
};
Result<CopyContents> look_at_copy(
    const std::string& directory, Log& log,
    FunctionRef<void(std::string_view key, std::string_view value)> take);

}  // namespace authd::store
