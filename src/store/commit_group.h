// Gathers concurrent writers into groups that commit together. Knows no engine: what a group
// does is handed in.
//
// Writers queue. The front one leads: it takes those who queue behind it, up to a limit, and
// commits them all; meanwhile the next group gathers. So a lone writer waits for nobody, and the
// longer a commit takes, the more writers share the next.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <span>

#include "base/function_ref.h"
#include "store/store.h"

namespace authd::store {

// A writer that waits: its closure, and its outcome once it is done. It lives on the stack of its
// thread, so nobody may touch it once it is done.
struct PendingWrite {
  explicit PendingWrite(FunctionRef<Result<void>(WriteTxn&)> closure) : fn(closure) {}

  enum class Turn : uint32_t { waits, leads, is_done };
  // Its thread sleeps on this alone: who is woken has to ask for no mutex, which the thread that
  // wakes a whole group would be holding.
  std::atomic<Turn> turn = Turn::waits;

  FunctionRef<Result<void>(WriteTxn&)> fn;
  Result<void> outcome;
  PendingWrite* next = nullptr;  // behind it in the queue
};

// Thread-safe. Allocates nothing, so that running out of memory cannot leave a writer waiting.
class CommitGroup {
 public:
  // More than this in one commit gains nothing and makes the first of them wait.
  static constexpr size_t kMaxGroup = 128;

  // Returns the outcome of `fn`. One of the calling threads at a time calls `commit_all` with a
  // group that holds its own write and others'; it must set every outcome and not throw.
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
