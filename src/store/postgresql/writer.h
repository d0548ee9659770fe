// Commits groups of closures in PostgreSQL.
//
// The closures run against the node's copy and change nothing; what they read and would write goes
// to PostgreSQL in one statement, which commits those whose reads still hold (schema.cpp). The
// others run again, on the newer state. After two rounds they run with the head locked, so that
// nobody else can be faster: every write gets its turn.
#pragma once

#include <functional>
#include <span>

#include "base/log.h"
#include "store/commit_group.h"
#include "store/postgresql/follower.h"
#include "store/postgresql/recorded.h"

namespace authd::store {

// What became of a group, for the counters.
struct GroupOutcome {
  size_t committed = 0;  // closures that wrote
  size_t commits = 0;    // revisions that were made
  size_t failed = 0;     // closures that were not settled: PostgreSQL did not answer in time
};

// One thread at a time uses it (CommitGroup).
class Writer {
 public:
  // `fault` is called with the cause of each fault, for the log and the counters.
  Writer(const PostgresqlOptions& server, Copy& copy, Follower& follower,
         std::function<void(const char*)> fault);

  // Sets the outcome of every write of the group. Does not throw.
  GroupOutcome commit(std::span<PendingWrite* const> group) noexcept;

 private:
  struct Run;
  struct Reply;

  using Waiting = std::vector<PendingWrite*>;

  Result<void> commit_all(Waiting& left, GroupOutcome& counted);
  Result<void> round(Waiting& left, GroupOutcome& counted, bool is_locking);
  Result<void> lock_head();
  Result<Reply> send_locked(const Run& run);
  void take_outcomes(const Run& run, const Reply& reply, Waiting& left, GroupOutcome& counted);
  void run_closures(std::span<PendingWrite* const> closures, Run& run);
  bool run_one(PendingWrite& write, RecordedTxn& txn);
  Result<Reply> send(const Run& run);
  Reply none_of(const Run& run);
  Result<Reply> settle(const Run& run, const Error& cause);
  Result<void> connect(Milliseconds limit);
  void follow(const Run& run, const Reply& reply);

  PostgresqlOptions server_;
  Copy& copy_;
  Follower& follower_;
  std::function<void(const char*)> fault_;
  std::optional<Connection> connection_;
  std::string id_;       // of this process among the writers; random
  int64_t attempt_ = 0;  // the last one
};

}  // namespace authd::store
