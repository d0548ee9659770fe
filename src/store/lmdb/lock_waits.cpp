#include "store/lmdb/lock_waits.h"

#include <fcntl.h>
#include <time.h>

#include <cerrno>
#include <cstdarg>
#include <thread>

#include "base/process.h"
#include "store/lmdb/stop_signal.h"

namespace authd::store {
namespace {

using std::chrono::steady_clock;

// How often a waiting thread wakes up to look.
constexpr Milliseconds kSlice{250};
constexpr Milliseconds kOpenSlice{50};
// Between two log lines about the same wait.
constexpr Milliseconds kTellAgain = std::chrono::minutes(1);

thread_local LockWaits::Scope* t_scope = nullptr;

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer of g++ 12 does not know pthread_mutex_clocklock and would consider the mutex
// unlocked. It knows pthread_mutex_timedlock, but not that EOWNERDEAD (the owner died) also means
// locked.
int lock_within(pthread_mutex_t* mutex, Milliseconds patience) {
  constexpr Milliseconds kBetweenTries{1};
  const auto end = steady_clock::now() + patience;
  int code = pthread_mutex_trylock(mutex);
  while (code == EBUSY && steady_clock::now() < end) {
    std::this_thread::sleep_for(kBetweenTries);
    code = pthread_mutex_trylock(mutex);
  }
  return code == EBUSY ? ETIMEDOUT : code;
}
#else
// pthread_mutex_clocklock can use the clock that no operator sets.
int lock_within(pthread_mutex_t* mutex, Milliseconds patience) {
  const auto end = (steady_clock::now() + patience).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(end);
  timespec at{};
  at.tv_sec = seconds.count();
  at.tv_nsec = std::chrono::nanoseconds(end - seconds).count();
  return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &at);
}
#endif

// The thread that holds a robust mutex: the kernel reads the same field when a thread ends.
int owner_of(const pthread_mutex_t* mutex) {
  constexpr int kThread = 0x3fffffff;  // FUTEX_TID_MASK
  return __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) & kThread;
}

uint64_t last_commit(MDB_env* env) {
  MDB_envinfo info;
  return env != nullptr && mdb_env_info(env, &info) == MDB_SUCCESS ? info.me_last_txnid : 0;
}

std::string seconds_of(steady_clock::duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

LockWaits::Scope::Scope(LockWaits& waits, MDB_env* env) : waits_(waits), env_(env) {
  t_scope = this;
}

LockWaits::Scope::~Scope() {
  t_scope = nullptr;
}

int LockWaits::Scope::wait_for_writer(pthread_mutex_t* mutex) {
  return waits_.wait_for_writer(mutex, env_);
}

int LockWaits::Scope::wait_for_opening(int fd, struct flock* lock) {
  return waits_.wait_for_opening(fd, lock);
}

void LockWaits::Scope::got_lock() {
  if (waits_.since_ != 0) waits_.got_lock();
}

Milliseconds LockWaits::waited() const {
  const SteadyTime::rep since = since_;
  if (since == 0) return Milliseconds(0);
  return std::chrono::duration_cast<Milliseconds>(steady_clock::now() -
                                                  SteadyTime(SteadyTime::duration(since)));
}

std::string LockWaits::cause() const {
  const std::lock_guard lock(mutex_);
  return cause_.empty() ? "another process holds the lock of the database" : cause_;
}

// Only one thread of a process at a time is here: Environment takes its own mutex before LMDB's.
// LMDB calls this, so it must not throw.
int LockWaits::wait_for_writer(pthread_mutex_t* mutex, MDB_env* env) noexcept {
  if (since_ == 0 || commit_ != last_commit(env)) {
    const std::lock_guard lock(mutex_);
    cause_.clear();  // of the previous wait
    commit_ = last_commit(env);
    since_ = steady_clock::now().time_since_epoch().count();
  }
  while (true) {
    const int code = lock_within(mutex, kSlice);
    if (code != ETIMEDOUT) {
      got_lock();
      return code;
    }
    NotStopped::stop_if_asked();
    if (const uint64_t commit = last_commit(env); commit != commit_) {
      commit_ = commit;
      since_ = steady_clock::now().time_since_epoch().count();
    }
    const SteadyTime since{SteadyTime::duration(since_.load())};
    try {
      // A lock without a holder was released just now.
      const int owner = owner_of(mutex);
      if (owner != 0 && waited() >= kLong) note(describe_process(owner), "writing", since);
      if (waited() >= kPatience || is_to_end()) return ETIMEDOUT;
    } catch (...) {
      return ENOMEM;
    }
  }
}

int LockWaits::wait_for_opening(int fd, struct flock* lock) noexcept {
  const SteadyTime since = steady_clock::now();
  while (true) {
    if (fcntl(fd, F_SETLK, lock) == 0) {
      got_lock();
      return 0;
    }
    if (errno != EAGAIN && errno != EACCES) return -1;
    try {
      struct flock holder = *lock;
      const bool is_known = fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
      const SteadyTime::duration waited = steady_clock::now() - since;
      if (is_known && waited >= kLong) {
        note(describe_process(holder.l_pid), "replacing or setting up the database", since);
      }
      if (waited >= kOpenPatience || is_to_end()) {
        errno = ETIMEDOUT;
        return -1;
      }
      std::this_thread::sleep_for(kOpenSlice);
    } catch (...) {
      errno = ENOMEM;
      return -1;
    }
  }
}

void LockWaits::note(const std::string& holder, const char* action, SteadyTime since) {
  const SteadyTime now = steady_clock::now();
  const std::string waited = seconds_of(now - since);
  std::string text = holder + " has been " + action + " for " + waited + " and makes no progress";
  {
    const std::lock_guard lock(mutex_);
    cause_ = text + "; resume it (kill -CONT), or end it";
    if (told_ != SteadyTime{} && now - told_ < kTellAgain) return;
    told_ = now;
  }
  log_.warn("waiting for another process, which holds the lock of the database",
            {{"holder", holder}, {"waited", waited}, {"do", "resume it (kill -CONT), or end it"}});
  if (tell_) tell_("waiting: " + text);
}

void LockWaits::got_lock() noexcept {
  const Milliseconds all = waited();
  since_ = 0;
  try {
    const std::lock_guard lock(mutex_);
    if (std::exchange(told_, SteadyTime{}) == SteadyTime{}) return;
    log_.info("the lock of the database is free again", {{"waited", seconds_of(all)}});
  } catch (...) {  // No line, then.
  }
}

}  // namespace authd::store

// LMDB calls this instead of pthread_mutex_lock: for the writer lock, and for the lock of the
// reader table, which is held for microseconds.
extern "C" int authd_lmdb_lock(pthread_mutex_t* mutex) {
  using authd::store::LockWaits;
  using authd::store::t_scope;
  const int code = pthread_mutex_trylock(mutex);
  if (code != EBUSY) {
    if (t_scope != nullptr) t_scope->got_lock();
    return code;
  }
  if (t_scope != nullptr) return t_scope->wait_for_writer(mutex);
  return authd::store::lock_within(mutex, LockWaits::kPatience);
}

// LMDB calls this instead of fcntl, to wait until no process has the database for itself.
extern "C" int authd_lmdb_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (command != F_SETLKW || authd::store::t_scope == nullptr) return fcntl(fd, command, argument);
  return authd::store::t_scope->wait_for_opening(fd, static_cast<struct flock*>(argument));
}
