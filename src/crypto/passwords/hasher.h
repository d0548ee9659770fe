// The password lane: a hash occupies one core and many megabytes for many milliseconds, so hashes
// run on their own threads, at most one per core, at a lower priority than everything else, behind
// a bounded queue. Cheap requests stay fast during a storm of logins, and logins beyond the queue
// are refused early rather than answered late.
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
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {

// Thread-safe. The first job starts the threads, so a command that hashes nothing starts none. A
// thread keeps the memory of its hashes (argon2_memory.h) until it has been idle for kKeepMemory.
class Hasher {
 public:
  static constexpr Seconds kKeepMemory{2};

  struct Stats {
    uint64_t queued = 0;              // waiting now
    uint64_t running = 0;             // being computed now
    uint64_t done = 0;                // since the start
    uint64_t rejected = 0;            // refused because the queue was full
    std::chrono::nanoseconds busy{};  // total time spent
  };

  Hasher(Argon2Params params, unsigned threads, unsigned max_queue, Random& random,
         const Clock& clock);
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  // Passwords are hashed in the normal form NFKC (NIST SP 800-63B-4 section 3.1.1.2), because
  // people cannot tell how their keyboard sends a character. One that was hashed as it was sent,
  // such as by the system that an account was imported from, is verified in that form as well,
  // which costs the same work again; so does a password that is wrong in both.
  //
  // Each blocks until its job is done. Errors: `busy` with retry_after_s when `max_queue` callers
  // are already waiting; `unavailable` when no thread or not enough memory can be had.
  Result<std::string> hash(const Password& password);
  // An `unsupported` hash costs as much as verify_nothing(), so that its account cannot be told
  // apart from one that does not exist.
  Result<Verdict> verify(const Password& password, std::string_view stored);
  // The work of verifying a current hash, for an account that does not exist: always `mismatch`.
  Result<Verdict> verify_nothing(const Password& password);

  bool needs_rehash(std::string_view stored) const;
  Stats stats() const;

 private:
  struct Job {
    std::function<void()> work;
    std::condition_variable finished;  // one per job: wakes only the caller that waits for it
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
