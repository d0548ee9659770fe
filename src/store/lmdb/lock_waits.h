// Waiting for what other processes hold: LMDB's lock for the one writer, and the lock of the whole
// database while it is replaced. LMDB itself would wait forever and silently, even for a process
// that is stopped (Ctrl-Z, a debugger, a frozen container). So its calls of pthread_mutex_lock and
// fcntl come here (third_party/libraries.cmake renames them in the archive).
//
// A long wait is reported, with the holder, to the log and to whoever started the process. It ends
// with an error if nobody has committed anything meanwhile; a writer that makes progress is waited
// for as long as it takes.
#pragma once

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "base/log.h"
#include "base/stop.h"

namespace authd::store {

// Thread-safe. One for each environment.
class LockWaits {
 public:
  // A writer that has held the lock for this long without a commit holds everybody up.
  static constexpr Milliseconds kLong = std::chrono::seconds(2);
  // After this long a write gives up (and each later one at once, while nothing changes).
  static constexpr Milliseconds kPatience = std::chrono::seconds(10);
  // The same for opening a database that another process has locked for itself, perhaps to compact
  // it.
  static constexpr Milliseconds kOpenPatience = std::chrono::seconds(60);

  // `tell` is called with a sentence, in addition to the log, when a wait gets long; may be empty.
  // A wait ends early when `stopping` returns true.
  LockWaits(Log& log, std::function<void(const std::string&)> tell, Stopping stopping)
      : log_(log), tell_(std::move(tell)), stopping_(std::move(stopping)) {}
  LockWaits(const LockWaits&) = delete;
  LockWaits& operator=(const LockWaits&) = delete;

  // While it lives, this thread waits here for the locks that LMDB asks for. `env` is null while
  // the database is being opened.
  class Scope {
   public:
    Scope(LockWaits& waits, MDB_env* env);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    int wait_for_writer(pthread_mutex_t* mutex);
    int wait_for_opening(int fd, struct flock* lock);
    void got_lock();

   private:
    LockWaits& waits_;
    MDB_env* const env_;
  };

  // How long writers of this process have waited in vain so far; 0: nobody waits. It keeps counting
  // between the attempts of writers that have given up.
  Milliseconds waited() const;
  // From now on nobody waits.
  void give_up() { is_over_ = true; }
  // Who held the lock that was last waited for, and what to do: for an error message.
  std::string cause() const;

 private:
  int wait_for_writer(pthread_mutex_t* mutex, MDB_env* env) noexcept;
  int wait_for_opening(int fd, struct flock* lock) noexcept;
  bool is_to_end() const { return is_over_ || is_asked(stopping_); }
  void note(const std::string& holder, const char* action, SteadyTime since);
  void got_lock() noexcept;

  Log& log_;
  const std::function<void(const std::string&)> tell_;
  const Stopping stopping_;
  std::atomic<bool> is_over_ = false;
  std::atomic<SteadyTime::rep> since_ = 0;  // of the wait for the writer; 0: there is none
  std::atomic<uint64_t> commit_ = 0;        // the last commit at that moment
  mutable std::mutex mutex_;                // guards what follows
  std::string cause_;
  SteadyTime told_{};  // when this wait was last logged; zero: not yet
};

}  // namespace authd::store
