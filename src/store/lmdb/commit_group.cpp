#include "store/lmdb/commit_group.h"

namespace authd::store {

Result<void> CommitGroup::run(FunctionRef<Result<void>(WriteTxn&)> fn,
                              FunctionRef<void(std::span<PendingWrite* const>)> commit_all) {
  PendingWrite mine(fn);
  Room room;
  std::span<PendingWrite* const> group;
  {
    std::unique_lock lock(mutex_);
    push(mine);
    mine.wake.wait(lock, [&] { return mine.is_done || front_ == &mine; });
    if (mine.is_done) return std::move(mine.outcome);
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
  {
    const std::lock_guard lock(mutex_);
    front_ = group.back()->next;
    if (front_ == nullptr) {
      back_ = nullptr;
    } else {
      // The next leader first, so that the disk does not rest while this group is woken.
      front_->wake.notify_one();
    }
  }
  for (PendingWrite* write : group) {
    if (write == &leader) continue;
    // Notified under the mutex: once it is free, the write may be gone.
    const std::lock_guard lock(mutex_);
    write->is_done = true;
    write->wake.notify_one();
  }
}

}  // namespace authd::store
