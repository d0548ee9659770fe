#include "store/lmdb/commit_group.h"

#include <algorithm>

namespace authd::store {

Result<void> CommitGroup::run(FunctionRef<Result<void>(WriteTxn&)> fn,
                              FunctionRef<void(std::vector<PendingWrite*>&)> commit_all) {
  PendingWrite mine(fn);
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  mine.wake.wait(lock, [&] { return mine.done || queue_.front() == &mine; });
  if (mine.done) return std::move(mine.outcome);

  // This thread leads. Its group stays in the queue until it is committed, so that nobody else
  // leads meanwhile.
  const size_t size = std::min(queue_.size(), kMaxGroup);
  std::vector<PendingWrite*> group(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(size));
  lock.unlock();
  commit_all(group);
  lock.lock();
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(size));
  for (PendingWrite* write : group) {
    write->done = true;
    if (write != &mine) write->wake.notify_one();
  }
  if (!queue_.empty()) queue_.front()->wake.notify_one();
  return std::move(mine.outcome);
}

}  // namespace authd::store
