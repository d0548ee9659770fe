#include "crypto/passwords/hasher.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <system_error>

#include "base/normal_form.h"
#include "base/wipe.h"
#include "crypto/passwords/argon2_memory.h"

namespace authd::crypto {
namespace {

// Low, so that a thread that answers requests always goes first. Not SCHED_IDLE: on a host whose
// other services are busy, logins would never finish.
constexpr int kNiceness = 10;

constexpr int kRetryAfterSeconds = 1;

void lower_priority() {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, kNiceness);
  // Batch threads do not preempt others when they wake up (sched(7)).
  const sched_param none{};
  sched_setscheduler(static_cast<pid_t>(thread), SCHED_BATCH, &none);
}

// A hash that nobody's password has: same parameters, so the same work, as a current one.
std::string hash_of_nothing(const Argon2Params& params) {
  const std::string salt(22, 'A');
  const std::string hash(43, 'A');
  return "$argon2id$v=19$m=" + std::to_string(params.memory_bytes / 1024) +
         ",t=" + std::to_string(params.passes) + ",p=1$" + salt + "$" + hash;
}

Error busy() {
  return Error{.code = ErrorCode::busy,
               .message = "Too many logins at once; try again in a moment.",
               .retry_after_s = kRetryAfterSeconds};
}

}  // namespace

Hasher::Hasher(Argon2Params params, unsigned threads, unsigned max_queue, Random& random,
               const Clock& clock)
    : params_(params),
      threads_wanted_(std::max(threads, 1u)),
      max_queue_(max_queue),
      random_(random),
      clock_(clock) {}

Hasher::~Hasher() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

Result<std::string> Hasher::hash(const Password& password) {
  Result<std::string> result = Error{ErrorCode::unavailable, "not run"};
  const Password normal = normal_password(password);
  TRY(run([&] { result = hash_password(normal, params_, random_); }));
  return result;
}

Result<Verdict> Hasher::verify(const Password& password, std::string_view stored) {
  Verdict verdict = Verdict::mismatch;
  const auto check = [&](const Password& form) {
    return run([&] {
      verdict = verify_password(form, stored);
      if (verdict == Verdict::unsupported) (void)verify_password(form, hash_of_nothing(params_));
    });
  };
  const Password normal = normal_password(password);
  TRY(check(normal));
  if (verdict != Verdict::match && normal.reveal() != password.reveal()) TRY(check(password));
  return verdict;
}

Result<Verdict> Hasher::verify_nothing(const Password& password) {
  const auto work = [&] { (void)verify_password(password, hash_of_nothing(params_)); };
  if (normal_password(password).reveal() != password.reveal()) TRY(run(work));
  TRY(run(work));
  return Verdict::mismatch;
}

bool Hasher::needs_rehash(std::string_view stored) const {
  return crypto::needs_rehash(stored, params_);
}

Hasher::Stats Hasher::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.queued = queue_.size();
  return stats;
}

Result<void> Hasher::run(std::function<void()> work) {
  Job job;
  job.work = std::move(work);
  std::unique_lock lock(mutex_);
  if (queue_.size() >= max_queue_ || is_ending_) {
    stats_.rejected += 1;
    return busy();
  }
  if (!start_threads()) {
    return Error{ErrorCode::unavailable, "There is no thread to check a password on."};
  }
  queue_.push_back(&job);
  wake_.notify_one();
  job.finished.wait(lock, [&] { return job.done; });
  if (job.lacked_memory) {
    return Error{ErrorCode::unavailable, "There is not enough memory to check a password."};
  }
  return {};
}

// Fewer threads than wanted will do; the next job asks for the others again.
bool Hasher::start_threads() {
  try {
    while (threads_.size() < threads_wanted_)
      threads_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {
    return !threads_.empty();
  } catch (const std::bad_alloc&) {
    return !threads_.empty();
  }
  return true;
}

// Handles a lack of memory on these threads: a request for 19 MiB is the first to fail.
bool Hasher::has_done(const Job& job) {
  try {
    job.work();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Hasher::serve() {
  lower_priority();
  Argon2Memory memory;
  std::unique_lock lock(mutex_);
  const auto has_reason = [&] { return is_ending_ || !queue_.empty(); };
  while (true) {
    if (!wake_.wait_for(lock, kKeepMemory, has_reason)) {
      lock.unlock();
      memory.release();
      lock.lock();
      wake_.wait(lock, has_reason);
    }
    if (queue_.empty()) return;  // The end: jobs queued earlier are done first.
    Job* job = queue_.front();
    queue_.pop_front();
    stats_.running += 1;
    lock.unlock();
    const SteadyTime begin = clock_.steady_now();
    const bool is_good = has_done(*job);
    wipe_stack();  // where the hash function has left the password
    const SteadyTime end = clock_.steady_now();
    lock.lock();
    stats_.running -= 1;
    stats_.done += 1;
    stats_.busy += end - begin;
    job->lacked_memory = !is_good;
    job->done = true;
    job->finished.notify_one();  // Under the lock: the caller destroys the job right after it.
  }
}

}  // namespace authd::crypto
