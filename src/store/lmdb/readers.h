// Read transactions that are kept and renewed: beginning a new one costs more than the read itself.
//
// Each has its own slot, which a thread takes with one atomic exchange. A thread returns to the
// slot that it had last, so threads do not contend. (One mutex over a list made reads twice as
// expensive with 8 threads on 2 cores.)
#pragma once

#include <lmdb.h>

#include <array>
#include <atomic>

namespace authd::store {

// Thread-safe. An idle transaction is reset: it holds an entry of LMDB's reader table, and no page.
class ReaderPool {
 public:
  // This many threads can be inside a read at once; more take turns. Reads do nothing slow, so more
  // than one per core gains nothing.
  static constexpr size_t kSlots = 256;

  struct alignas(64) Slot {  // one per cache line
    std::atomic<bool> is_taken = false;
    MDB_txn* txn = nullptr;
  };

  ReaderPool() = default;
  ~ReaderPool() { pause(); }
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Puts a transaction that sees the newest committed state into a slot, which belongs to the
  // caller until give_back. Returns LMDB's code; the slot is null unless that is MDB_SUCCESS.
  int take(Slot*& slot);
  void give_back(Slot& slot);

  // Waits until no thread reads, ends every idle transaction and lets nobody in until resume().
  // The caller holds no slot, and only one thread at a time pauses.
  void pause();
  // From now on, reads use this environment; null: take() returns MDB_PANIC.
  void resume(MDB_env* env);

 private:
  Slot& take_slot();
  int begin(Slot& slot);

  MDB_env* env_ = nullptr;  // written only while every slot is taken
  std::array<Slot, kSlots> slots_;
};

}  // namespace authd::store
