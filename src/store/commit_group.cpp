#include "store/commit_group.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace authd::store {
namespace {

using Turn = PendingWrite::Turn;

long futex(std::atomic<Turn>& turn, int operation, uint32_t value) {
  static_assert(sizeof turn == sizeof(uint32_t) && std::atomic<Turn>::is_always_lock_free);
  return syscall(SYS_futex, &turn, operation, value, nullptr, nullptr, 0);
}

// Not std::atomic's wait(): it first yields a few times, and each yield costs as much as sleeping.
// A commit takes longer than that.
void sleep_while_waiting(PendingWrite& write) {
  while (write.turn.load(std::memory_order_acquire) == Turn::waits)
    futex(write.turn, FUTEX_WAIT_PRIVATE, static_cast<uint32_t>(Turn::waits));
}

// The write may be gone as soon as its thread sees the turn. FUTEX_WAKE needs only the address; if
// that memory has been reused, its new owner tolerates a spurious wake-up.
void give(PendingWrite& write, Turn turn) {
  write.turn.store(turn, std::memory_order_release);
  futex(write.turn, FUTEX_WAKE_PRIVATE, 1);
}

}  // namespace

Result<void> CommitGroup::run(FunctionRef<Result<void>(WriteTxn&)> fn,
                              FunctionRef<void(std::span<PendingWrite* const>)> commit_all) {
  PendingWrite mine(fn);
  Room room;
  std::span<PendingWrite* const> group;
  {
    const std::lock_guard lock(mutex_);
    push(mine);
    if (front_ == &mine) mine.turn.store(Turn::leads, std::memory_order_relaxed);
  }
  sleep_while_waiting(mine);
  if (mine.turn.load(std::memory_order_acquire) == Turn::is_done) return std::move(mine.outcome);
  {
    const std::lock_guard lock(mutex_);
    group = first_of_queue(room);
  }
  commit_all(group);
  finish(group, mine);
  return std::move(mine.outcome);
}

void CommitGroup::push(PendingWrite& write) {
  (back_ == nullptr ? front_ : back_->next) = &write;
  back_ = &write;
}

std::span<PendingWrite* const> CommitGroup::first_of_queue(Room& room) const {
  size_t size = 0;
  for (PendingWrite* write = front_; write != nullptr && size < kMaxGroup; write = write->next) {
    room[size++] = write;
  }
  return std::span(room).first(size);
}

void CommitGroup::finish(std::span<PendingWrite* const> group, const PendingWrite& leader) {
  PendingWrite* next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    next = front_ = group.back()->next;
    if (next == nullptr) back_ = nullptr;
  }
  // The next leader first: the disk is then busy while this group is woken.
  if (next != nullptr) give(*next, Turn::leads);
  for (PendingWrite* write : group) {
    if (write != &leader) give(*write, Turn::is_done);
  }
}

}  // namespace authd::store
