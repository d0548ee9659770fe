#include "store/replica/replica.h"

#include <malloc.h>

#include <algorithm>

#include "base/boot_time.h"
#include "store/directory.h"
#include "store/engine.h"
#include "store/limits.h"
#include "store/unavailable.h"

namespace authd::store {
namespace {

// How long a read that would say no waits for the main server.
constexpr Milliseconds kSecondLook{500};
// Between two questions of the second thread, so that strangers with made-up credentials do not
// make it ask without end.
constexpr Milliseconds kAskPace{5};
constexpr Milliseconds kFirstBackoff{50};
constexpr Milliseconds kLongestBackoff{1'000};
constexpr Milliseconds kLongestWait{25'000};
// Between two copies of everything, when the first one was not enough.
constexpr Milliseconds kCopyPace{2'000};
// What comes back sooner than this, without anything new, was not waited for.
constexpr Milliseconds kEarly{10};

// Of the last read of this thread.
thread_local uint64_t read_number = 0;
thread_local bool read_missed = false;

int64_t boot_ms() {
  return boot_time().count();
}

// A third of the lease: two answers may come late before anything is refused.
Milliseconds wait_of(const ReplicaOptions& options) {
  return std::min(options.lease / 3, kLongestWait);
}

Result<std::unique_ptr<Copy>> open_copy(const ReplicaOptions& options, Log& log) {
  LmdbOptions lmdb;
  lmdb.directory = options.directory;
  lmdb.max_bytes = options.max_bytes;
  lmdb.stopping = options.stopping;
  return Copy::open(lmdb, log);
}

Error is_copy() {
  return Error{ErrorCode::unavailable, "This is a copy; only the main server can do this."};
}

}  // namespace

Replica::Replica(const ReplicaOptions& options, std::unique_ptr<Copy> copy, Source& waiting,
                 Source& asking, Log& log)
    : options_(options), copy_(std::move(copy)), waiting_(waiting), asking_(asking), log_(log) {}

Result<std::unique_ptr<Replica>> Replica::open(const ReplicaOptions& options, Source& waiting,
                                               Source& asking, Log& log) {
  TRY(make_directory(options.directory, log));
  std::unique_ptr<Copy> copy = TRY(open_copy(options, log));
  std::unique_ptr<Replica> made(new Replica(options, std::move(copy), waiting, asking, log));
  TRY(made->begin());
  const auto start = [replica = made.get()](void (Replica::*work)()) {
    return std::thread([replica, work] {
      if (replica->options_.begin_thread) replica->options_.begin_thread();
      (replica->*work)();
    });
  };
  made->follower_ = start(&Replica::follow);
  made->asker_ = start(&Replica::ask);
  return made;
}

Replica::~Replica() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  if (follower_.joinable()) follower_.join();
  if (asker_.joinable()) asker_.join();
}

// Until the copy is complete for the first time. Whoever starts beside the main server may be the
// first of the two.
Result<void> Replica::begin() {
  Milliseconds backoff = kFirstBackoff;
  while (true) {
    if (is_asked(options_.stopping)) return given_up();
    const Result<bool> is_complete = step(waiting_, Milliseconds(0));
    if (is_complete && *is_complete) break;
    if (is_complete) continue;
    if (is_complete.error().code != ErrorCode::unavailable) return is_complete.error();
    note_failure(is_complete.error());
    for (int64_t end = boot_ms() + backoff.count();
         boot_ms() < end && !is_asked(options_.stopping);)
      std::this_thread::sleep_for(Milliseconds(20));
    backoff = std::min(backoff * 2, kLongestBackoff);
  }
  if (copies_ == 0) return {};
  // LMDB keeps the memory of a large transaction for the next one, which may never come.
  copy_.reset();
  copy_ = TRY(open_copy(options_, log_));
  malloc_trim(0);
  return {};
}

void Replica::follow() {
  Milliseconds backoff = kFirstBackoff;  // after a failure, or a main server that does not wait
  bool waits = true;
  while (pause(Milliseconds(0))) {
    const uint64_t before = copy_->known_revision();
    const uint64_t copied = copies_;
    const int64_t asked_ms = boot_ms();
    const Result<bool> done = step(waiting_, waits ? wait_of(options_) : Milliseconds(0));
    if (!done) note_failure(done.error());
    if (copies_ != copied) {
      pause(kCopyPace);
      continue;
    }
    // After a failure the first question is one that is answered at once: the lease is running.
    const bool is_early =
        waits && copy_->known_revision() == before && boot_ms() - asked_ms < kEarly.count();
    waits = done.has_value();
    if (done && !is_early) {
      backoff = kFirstBackoff;
      continue;
    }
    pause(std::min(backoff, wait_of(options_)));
    backoff = std::min(backoff * 2, kLongestBackoff);
  }
}

// One question of this thread answers all reads that asked before it was sent.
void Replica::ask() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return is_ending_ || wanted_ > answered_; });
    if (is_ending_) return;
    const uint64_t request = wanted_;
    lock.unlock();
    looks_ += 1;
    Result<bool> done = false;
    do {
      done = step(asking_, Milliseconds(0));
    } while (done && !*done);
    if (!done) note_failure(done.error());
    lock.lock();
    answered_ = request;
    changed_.notify_all();
    changed_.wait_for(lock, kAskPace, [&] { return is_ending_; });
  }
}

// One question, and what the answer brings. Returns whether the copy has everything that was
// committed before the question.
Result<bool> Replica::step(Source& source, Milliseconds wait) try {
  const std::optional<Revision> has = copy_->revision();
  const int64_t asked_ms = boot_ms();
  const Result<Page> page = has ? source.changes({has->number, has->mark}, wait)
                                : Result<Page>(Error{ErrorCode::conflict, "there is no copy yet"});
  if (!page && page.error().code == ErrorCode::conflict) {
    TRY(copy_all(source, has));
    return false;
  }
  if (!page) return page.error();
  {
    const std::lock_guard lock(apply_);
    const std::optional<Revision> now = copy_->revision();
    const bool is_next = now && now->number == has->number && now->mark == has->mark;
    if (is_next && (!page->records.empty() || page->place.number != has->number)) {
      copy_->advance({page->place.number, page->place.mark}, page->records);
      newest_ = page->place.number;
    }
    // The other thread may have brought it further; it never goes back but by a whole copy.
    if (!is_next && !(now && now->number >= page->place.number)) return false;
    if (page->is_last) {
      const int64_t before = confirmed_ms_.load(std::memory_order_relaxed);
      confirmed_ms_.store(std::max(before, asked_ms), std::memory_order_release);
    }
  }
  if (page->settings != options_.settings && options_.settings_changed) options_.settings_changed();
  if (!is_reached_.exchange(true)) {
    const std::lock_guard lock(mutex_);
    if (!lost_because_.empty()) {
      reconnects_ += 1;
      log_.info("the main server is followed again");
    }
    lost_because_.clear();
  }
  return page->is_last;
} catch (const std::exception& failure) {
  return Error{ErrorCode::unavailable, failure.what()};
}

// Pages of different moments, each not older than the first one's place: the changes since that
// place bring all of them to one state.
Result<void> Replica::copy_all(Source& source, const std::optional<Revision>& instead_of) {
  const std::lock_guard lock(apply_);
  const std::optional<Revision> has = copy_->revision();
  const bool is_same = has && instead_of
                           ? has->number == instead_of->number && has->mark == instead_of->mark
                           : has.has_value() == instead_of.has_value();
  if (!is_same) return {};  // The other thread has copied meanwhile.
  log_.info("copying everything from the main server");
  uint64_t count = 0;
  TRY(copy_->replace([&](Copy::Put put) -> Result<Revision> {
    std::string from;
    std::optional<Revision> place;
    while (true) {
      const Page page = TRY(source.records(from));
      if (!place) place = Revision{page.place.number, page.place.mark};
      for (const Record& record : page.records) {
        if (record.key < from || !record.value) {
          return Error{ErrorCode::malformed, "the main server's records are not in order"};
        }
        put(record.key, *record.value);
        from = record.key + '\0';
        count += 1;
      }
      if (page.is_last) return std::move(*place);
      if (page.records.empty()) {
        return Error{ErrorCode::malformed, "the main server's records do not end"};
      }
    }
  }));
  copies_ += 1;
  confirmed_ms_ = 0;  // It is a state only once the changes since have come.
  malloc_trim(0);     // A transaction of everything needs as much memory.
  log_.info("copied", {{"records", count}});
  return {};
}

void Replica::note_failure(const Error& error) {
  is_reached_ = false;
  if (is_asked(options_.stopping)) return;
  const std::lock_guard lock(mutex_);
  if (lost_because_ == error.message || is_ending_) return;
  lost_because_ = error.message;
  log_.warn("the main server is not followed", {{"cause", error.message}});
}

// False: the replica ends.
bool Replica::pause(Milliseconds limit) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, limit, [&] { return is_ending_; });
}

bool Replica::holds_lease() const {
  const int64_t confirmed = confirmed_ms_.load(std::memory_order_acquire);
  return confirmed != 0 && boot_ms() - confirmed < options_.lease.count();
}

Result<void> Replica::run_read(FunctionRef<Result<void>(ReadTxn&)> fn) {
  const TransactionGuard guard;
  // Asked before and after: the process may have been stopped in between.
  if (!holds_lease()) return unavailable();
  const Result<void> outcome = shielded(
      [&] {
        Result<void> read;
        read_missed = copy_->read([&](ReadTxn& tx, const Revision& revision) {
          read_number = revision.number;
          read = fn(tx);
        });
        return read;
      },
      [this](const char* cause) {
        log_.error("store fault", {{"cause", cause}});
      });
  if (!holds_lease()) return unavailable();
  return outcome;
}

Result<void> Replica::run_write(FunctionRef<Result<void>(WriteTxn&)>) {
  return is_copy();
}

bool Replica::missed_a_row() {
  return read_missed;
}

// Not more than half of the threads wait at once: a flood of made-up credentials must not hold up
// those that are known.
Result<bool> Replica::catch_up() {
  if (is_reached_) {
    std::unique_lock lock(mutex_);
    if (waiters_ < std::max(options_.reading_threads / 2, 1u)) {
      const uint64_t mine = ++wanted_;
      waiters_ += 1;
      changed_.notify_all();
      changed_.wait_for(lock, kSecondLook, [&] { return answered_ >= mine || is_ending_; });
      waiters_ -= 1;
    }
  }
  return copy_->known_revision() != read_number;
}

Stats Replica::stats() {
  const TransactionGuard guard;
  Stats stats;
  const Result<void> measured = shielded(
      [&]() -> Result<void> {
        const Environment::Size size = copy_->environment().size();
        stats.used_bytes = size.used_bytes;
        stats.max_bytes = size.max_bytes;
        stats.entries = size.entries > 0 ? size.entries - 1 : 0;  // without the copy's own row
        return {};
      },
      [this](const char* cause) {
        log_.error("store fault", {{"cause", cause}});
      });
  static_cast<void>(measured);  // The counters are valid even if the file cannot be read.
  stats.has_files = copy_->environment().has_files();
  stats.can_write = holds_lease();
  return stats;
}

std::optional<Replication> Replica::replication() {
  const int64_t confirmed = confirmed_ms_.load(std::memory_order_acquire);
  Replication now;
  now.revision = copy_->known_revision();
  now.newest = std::max(newest_.load(), now.revision);
  now.age = Milliseconds(confirmed == 0 ? 0 : boot_ms() - confirmed);
  now.holds_lease = holds_lease();
  now.looks = looks_;
  now.copies = copies_;
  now.reconnects = reconnects_;
  return now;
}

Result<CopyContents> look_at_copy(
    const std::string& directory, Log& log,
    FunctionRef<void(std::string_view key, std::string_view value)> take) {
  if (!has_database(directory)) {
    return Error{ErrorCode::not_found, "there is no copy in " + directory +
                                           ": name the directory of the replica with --data-dir"};
  }
  LmdbOptions lmdb;
  lmdb.directory = directory;
  const std::unique_ptr<Copy> copy = TRY(Copy::open(lmdb, log));
  CopyContents contents;
  contents.bytes = copy->environment().size().used_bytes;
  TRY(shielded(
      [&]() -> Result<void> {
        copy->read([&](ReadTxn& tx, const Revision& revision) {
          contents.place = {revision.number, revision.mark};
          tx.scan("", "", [&](std::string_view key, std::string_view value) {
            contents.records[key.front()] += 1;
            take(key, value);
            return true;
          });
        });
        return {};
      },
      [&](const char* cause) {
        log.error("store fault", {{"cause", cause}});
      }));
  return contents;
}

}  // namespace authd::store
