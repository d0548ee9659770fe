#include "store/lmdb/readers.h"

#include <thread>
#include <utility>

namespace authd::store {
namespace {

std::atomic<size_t> threads_seen = 0;

// Where this thread looks for a slot first.
thread_local size_t preferred = threads_seen++;

}  // namespace

int ReaderPool::take(Slot*& slot) {
  Slot& mine = take_slot();
  const int code = begin(mine);
  if (code != MDB_SUCCESS) mine.is_taken.store(false, std::memory_order_release);
  slot = code == MDB_SUCCESS ? &mine : nullptr;
  return code;
}

void ReaderPool::give_back(Slot& slot) {
  mdb_txn_reset(slot.txn);
  slot.is_taken.store(false, std::memory_order_release);
}

void ReaderPool::pause() {
  for (Slot& slot : slots_) {
    while (slot.is_taken.exchange(true, std::memory_order_acquire))
      std::this_thread::yield();
    if (slot.txn != nullptr) mdb_txn_abort(std::exchange(slot.txn, nullptr));
  }
}

void ReaderPool::resume(MDB_env* env) {
  env_ = env;
  for (Slot& slot : slots_)
    slot.is_taken.store(false, std::memory_order_release);
}

ReaderPool::Slot& ReaderPool::take_slot() {
  for (size_t tries = 0;; ++tries) {
    Slot& slot = slots_[(preferred + tries) % kSlots];
    if (!slot.is_taken.load(std::memory_order_relaxed) &&
        !slot.is_taken.exchange(true, std::memory_order_acquire)) {
      preferred = (preferred + tries) % kSlots;
      return slot;
    }
    if ((tries + 1) % kSlots == 0) std::this_thread::yield();
  }
}

int ReaderPool::begin(Slot& slot) {
  if (env_ == nullptr) return MDB_PANIC;
  if (slot.txn != nullptr) {
    const int code = mdb_txn_renew(slot.txn);
    if (code == MDB_SUCCESS) return code;
    mdb_txn_abort(std::exchange(slot.txn, nullptr));
  }
  int code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &slot.txn);
  if (code == MDB_READERS_FULL) {
    // Processes that were killed leave their entries behind.
    mdb_reader_check(env_, nullptr);
    code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &slot.txn);
  }
  if (code != MDB_SUCCESS) slot.txn = nullptr;
  return code;
}

}  // namespace authd::store
