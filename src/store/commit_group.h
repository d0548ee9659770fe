// Gathers concurrent writers into groups that commit together. Knows no engine: the caller passes
// in what a group does.
//
// Writers queue. The front one leads: it takes those queued behind it, up to a limit, and commits
// them all. Meanwhile the next group gathers. So a lone writer waits for nobody, and the longer a
// commit takes, the more writers share the next one.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <span>

#include "base/function_ref.h"
#include "store/store.h"

namespace authd::store {

// A waiting writer: its closure and, once done, its outcome. It lives on the stack of its thread,
// so nobody may touch it after that.
struct PendingWrite {
  explicit PendingWrite(FunctionRef<Result<void>(WriteTxn&)> closure) : fn(closure) {}

  enum class Turn : uint32_t { waits, leads, is_done };
  // Its thread sleeps on this alone. A woken thread needs no mutex, which the thread that wakes a
  // whole group would still be holding.
  std::atomic<Turn> turn = Turn::waits;

  FunctionRef<Result<void>(WriteTxn&)> fn;
  Result<void> outcome;
  PendingWrite* next = nullptr;  // behind it in the queue
};

// Thread-safe. Allocates nothing, so running out of memory cannot leave a writer waiting.
class CommitGroup {
 public:
  // A larger group gains nothing and makes its first writer wait.
  static constexpr size_t kMaxGroup = 128;

  // Returns the outcome of `fn`. One calling thread at a time calls `commit_all` with a group that
  // holds its own write and those of others. `commit_all` must set every outcome and must not
  // throw.
  Result<void> run(FunctionRef<Result<void>(WriteTxn&)> fn,
                   FunctionRef<void(std::span<PendingWrite* const>)> commit_all);

 private:
  using Room = std::array<PendingWrite*, kMaxGroup>;
  void push(PendingWrite& write);
  std::span<PendingWrite* const> first_of_queue(Room& room) const;
  void finish(std::span<PendingWrite* const> group, const PendingWrite& leader);

  std::mutex mutex_;               // guards the queue
  PendingWrite* front_ = nullptr;  // leads; its group stays in the queue until it is committed
  PendingWrite* back_ = nullptr;
};

}  // namespace authd::store
