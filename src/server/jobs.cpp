#include "server/jobs.h"

#include "auth/activity.h"
#include "auth/audit.h"
#include "auth/keyring.h"
#include "tables/expiry.h"
#include "tables/schema.h"

namespace authd::server {
namespace {

using namespace std::chrono_literals;

Result<Progress> sweep_expired(const auth::Services& s, Time now) {
  const tables::Swept swept = TRY(tables::sweep_expired(s.store, now));
  return Progress{swept.removed, swept.more};
}

Result<Progress> prune_keys(const auth::Services& s, Time now) {
  return Progress{TRY(auth::prune_keys(s, now)), false};
}

Result<Progress> write_activity(const auth::Services& s, Time) {
  const size_t written = TRY(auth::write_activity(s));
  return Progress{written, written == auth::kActivityBatch};
}

Result<Progress> prune_audit(const auth::Services& s, Time now) {
  const size_t removed = TRY(auth::prune_audit(s, now));
  return Progress{removed, removed > 0};
}

// A store that could not write is asked again: a server that is not ready gets no requests, and
// would never find out that the disk has room again.
Result<Progress> try_writing(const auth::Services& s, Time) {
  if (s.store.stats().can_write) return Progress{};
  TRY(s.store.write([](store::WriteTxn& tx) -> Result<void> {
    tables::next_number(tx, "write_probe");
    return {};
  }));
  return Progress{1, false};
}

constexpr std::array kJobs = {
    Job{"try_writing", 5s, &try_writing},  Job{"sweep_expired", 1min, &sweep_expired},
    Job{"prune_keys", 10min, &prune_keys}, Job{"write_activity", 5s, &write_activity},
    Job{"prune_audit", 1h, &prune_audit},
};

}  // namespace

std::span<const Job> all_jobs() {
  return kJobs;
}

JobRunner::JobRunner(const auth::Services& services)
    : services_(services), counts_(kJobs.size()), thread_([this] { run(); }) {}

JobRunner::~JobRunner() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  // What was noted last is not to wait for the next start.
  while (true) {
    const Result<size_t> written = auth::write_activity(services_);
    if (!written || *written == 0) return;
  }
}

void JobRunner::run() {
  std::array<SteadyTime, kJobs.size()> due{};
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    SteadyTime next = SteadyTime::max();
    for (size_t i = 0; i < kJobs.size(); ++i) {
      const SteadyTime now = services_.clock.steady_now();
      if (now >= due[i]) {
        lock.unlock();
        run_job(i);
        lock.lock();
        due[i] = now + kJobs[i].every;
      }
      next = std::min(next, due[i]);
    }
    wake_.wait_until(lock, next, [&] { return is_ending_; });
  }
}

void JobRunner::run_job(size_t index) {
  const Job& job = kJobs[index];
  bool more = true;
  while (more) {
    const Result<Progress> progress = job.run(services_, services_.clock.now());
    counts_[index].runs += 1;
    if (!progress) {
      counts_[index].failures += 1;
      services_.log.error("job failed", {{"job", job.name}, {"cause", progress.error().message}});
      return;
    }
    counts_[index].rows += progress->done;
    const std::lock_guard lock(mutex_);
    more = progress->more && !is_ending_;
  }
}

}  // namespace authd::server
