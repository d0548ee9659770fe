// Gathers concurrent writers into groups that commit together. Knows nothing of LMDB: what a group
// does is handed in.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "base/function_ref.h"
#include "store/store.h"

namespace authd::store {

// A writer that waits: its closure, and its outcome once `done`.
struct PendingWrite {
  explicit PendingWrite(FunctionRef<Result<void>(WriteTxn&)> closure) : fn(closure) {}
  FunctionRef<Result<void>(WriteTxn&)> fn;
  Result<void> outcome = Error{ErrorCode::unavailable, "not run"};
  bool done = false;
  std::condition_variable wake;
};

// Thread-safe.
class CommitGroup {
 public:
  // More than this in one commit gains nothing and makes the first of them wait.
  static constexpr size_t kMaxGroup = 128;

  // Returns the outcome of `fn`. One of the calling threads at a time calls `commit_all` with a
  // group that holds its own write and others'; it must set every outcome and not throw.
  Result<void> run(FunctionRef<Result<void>(WriteTxn&)> fn,
                   FunctionRef<void(std::vector<PendingWrite*>&)> commit_all);

 private:
  std::mutex mutex_;
  std::deque<PendingWrite*> queue_;  // the front leads
};

}  // namespace authd::store
