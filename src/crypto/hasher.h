// The password lane: hashing takes a core and many megabytes for many milliseconds, so it runs on
// threads of its own, at most one per core, of lower priority than everything else, behind a
// bounded queue. Cheap requests stay fast while logins storm, and a storm that is too big is
// refused early instead of being answered late.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/password_hash.h"

namespace authd::crypto {

// Thread-safe. Threads are started with the first job, so that a command that hashes nothing starts
// none. A thread keeps the memory of its hashes (argon2_memory.h) until it was idle for
// kKeepMemory.
class Hasher {
 public:
  static constexpr Seconds kKeepMemory{2};

  struct Stats {
    uint64_t queued = 0;              // waiting now
    uint64_t running = 0;             // being computed now
    uint64_t done = 0;                // since the start
    uint64_t rejected = 0;            // refused because the queue was full
    std::chrono::nanoseconds busy{};  // time spent in all
  };

  Hasher(Argon2Params params, unsigned threads, unsigned max_queue, Random& random,
         const Clock& clock);
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  // Each blocks until its turn is over. Errors: `busy` with retry_after_s when `max_queue` callers
  // wait already; `unavailable` when the machine gives no thread or not the memory.
  Result<std::string> hash(const Password& password);
  // A hash that is `unsupported` costs as much as verify_nothing(), so that its account is not told
  // from one that is not there.
  Result<Verdict> verify(const Password& password, std::string_view stored);
  // The work of verifying a current hash, for an account that is not there: always `mismatch`.
  Result<Verdict> verify_nothing(const Password& password);

  bool needs_rehash(std::string_view stored) const;
  Stats stats() const;

 private:
  struct Job {
    std::function<void()> work;
    std::condition_variable finished;  // one each: only the caller that it is for wakes up
    bool done = false;
    bool lacked_memory = false;
  };

  Result<void> run(std::function<void()> work);
  bool start_threads();
  static bool has_done(const Job& job);
  void serve();

  const Argon2Params params_;
  const unsigned threads_wanted_;
  const unsigned max_queue_;
  Random& random_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;  // a job was queued, or the end
  std::deque<Job*> queue_;
  std::vector<std::thread> threads_;
  Stats stats_;
  bool is_ending_ = false;
};

}  // namespace authd::crypto
