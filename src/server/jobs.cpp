#include "server/jobs.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/oauth/strangers/client_registration.h"
#include "auth/replica/feed.h"
#include "auth/sessions/activity_writer.h"
#include "auth/sessions/keyring.h"
#include "auth/upkeep/day_counts.h"
#include "auth/upkeep/ended_ways.h"
#include "auth/upkeep/retention.h"
#include "server/data/backup.h"
#include "server/data/master_key.h"
#include "tables/erasure.h"
#include "tables/expiry.h"
#include "tables/schema.h"

namespace authd::server {
namespace {

using namespace std::chrono_literals;

// A grant that somebody ended may reach its own end before its application is told. What was ended
// after `now` had reached it already.
Result<Progress> sweep_expired(const auth::Services& s, Time now) {
  TRY(auth::expand_all_notices(s));
  const tables::Swept swept = TRY(tables::sweep_expired(s.store, now));
  return Progress{swept.removed, swept.more};
}

// Data of deleted users that an ended process or a fault left behind.
Result<Progress> erase_users(const auth::Services& s, Time) {
  TRY(auth::expand_all_notices(s));
  const bool is_done = TRY(tables::erase_next(s.store));
  return Progress{is_done ? size_t{1} : size_t{0}, is_done};
}

Result<Progress> erase_ended_ways(const auth::Services& s, Time) {
  const auth::ErasedWays erased = TRY(auth::erase_ended_ways(s));
  return Progress{erased.rows, erased.more};
}

Result<Progress> sweep_clients(const auth::Services& s, Time now) {
  const auth::SweptClients swept = TRY(auth::sweep_strangers(s, now));
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

Result<Progress> checkpoint_audit(const auth::Services& s, Time now) {
  const bool is_written = TRY(auth::write_checkpoint(s, now, auth::kCheckpointPace));
  return Progress{is_written ? size_t{1} : size_t{0}, false};
}

Result<Progress> add_day_counts(const auth::Services& s, Time now) {
  const bool is_written = TRY(auth::add_day_counts(s, now));
  return Progress{is_written ? size_t{1} : size_t{0}, false};
}

Result<Progress> note_day_levels(const auth::Services& s, Time now) {
  TRY(auth::note_day_levels(s, now));
  return Progress{1, false};
}

// A server without requests must also notice that another process blocks the writers, or that the
// store's files are gone: this takes the lock and commits nothing. If the store could not write,
// this makes a complete write: a server that is not ready gets no requests, and would otherwise
// never notice that the disk has room again.
Result<Progress> try_writing(const auth::Services& s, Time) {
  if (s.store.stats().can_write) {
    static_cast<void>(s.store.write([](store::WriteTxn&) -> Result<void> {
      return Error{ErrorCode::unavailable, "only a question"};
    }));
    return Progress{};
  }
  TRY(s.store.write([](store::WriteTxn& tx) -> Result<void> {
    tables::next_number(tx, "write_probe");
    return {};
  }));
  return Progress{1, false};
}

// Regular calls measure how long a read lasts, for the log and /metrics.
Result<Progress> watch_readers(const auth::Services& s, Time) {
  return Progress{s.store.oldest_reader() ? size_t{1} : size_t{0}, false};
}

Result<Progress> rotate_keys(const auth::Services& s, Time now) {
  const size_t made = TRY(auth::complete_keyring(s));
  const std::vector<auth::RotatedKey> rotated = TRY(auth::rotate_when_due(s, now));
  for (const auth::RotatedKey& key : rotated) {
    s.log.info("signing key rotated",
               {{"kid", key.kid}, {"algorithm", crypto::name(key.algorithm)}});
  }
  return Progress{made + rotated.size(), false};
}

// The notes of changes, without anybody who could follow them.
Result<Progress> end_feed(const auth::Services& s, Time) {
  TRY(auth::end_unused_feed(s));
  return Progress{};
}

// Not `every`, because a restart would then begin another run, and each takes its share.
Milliseconds retention_interval(const config::Config& config) {
  return auth::has_retention(config) ? 1h : 0ms;
}

Result<Progress> end_unused(const auth::Services& s, Time now, const Stopping& stopping) {
  const auth::RetentionRun run = TRY(auth::run_retention(s, now, stopping));
  const auto [warned, reminded, disabled, deleted] = run.done;
  const uint64_t done = warned + reminded + disabled + deleted;
  if (done > 0 || run.left > 0) {
    s.log.info("unused accounts", {{"warned", warned},
                                   {"reminded", reminded},
                                   {"disabled", disabled},
                                   {"deleted", deleted},
                                   {"due_later", run.left}});
  }
  return Progress{done, false};
}

Milliseconds backup_interval(const config::Config& config) {
  return config.backup.directory.empty() ? 0ms : config.backup.interval;
}

Result<Progress> back_up(const auth::Services& s, Time now, const Stopping& stopping) {
  const BackupReport report = TRY(make_scheduled_backup(s, now, stopping));
  if (!report.findings.empty()) {
    return Error{ErrorCode::invalid, "the backup was written, but the data has " +
                                         std::to_string(report.findings.size()) +
                                         " findings; see authd db check"};
  }
  return Progress{report.records, false};
}

constexpr std::array kJobs = {
    Job{"try_writing", 2s, Where::every_server, &try_writing},
    Job{"watch_readers", 10s, Where::every_server, &watch_readers},
    Job{"watch_master_key", 2s, Where::every_server, &watch_master_key},
    Job{"sweep_expired", 1min, Where::leader, &sweep_expired},
    Job{"erase_users", 1min, Where::leader, &erase_users},
    Job{"erase_ended_ways", 1min, Where::leader, &erase_ended_ways},
    Job{"sweep_clients", 10min, Where::leader, &sweep_clients},
    Job{"prune_keys", 10min, Where::leader, &prune_keys},
    Job{"rotate_keys", 10min, Where::leader, &rotate_keys},
    Job{"write_activity", 5s, Where::every_server, &write_activity},
    Job{"checkpoint_audit", auth::kCheckpointPace, Where::every_server, &checkpoint_audit},
    Job{"prune_audit", 1h, Where::leader, &prune_audit},
    Job{"end_feed", 1h, Where::every_server, &end_feed},
    Job{"add_day_counts", 1min, Where::every_server, &add_day_counts},
    Job{"note_day_levels", 1h, Where::leader, &note_day_levels},
    Job{"retention", 0s, Where::leader, nullptr, &retention_interval, &end_unused},
    Job{"backup", 0s, Where::leader, nullptr, &backup_interval, &back_up},
};

// The longest time until a failed job is retried.
constexpr Milliseconds kRetry = 10min;
// Between two writes of the row of a working job.
constexpr Milliseconds kWritePause = 1min;
// How often a server that does not lead looks whether it does now.
constexpr Milliseconds kLookForLead = 1s;

}  // namespace

std::span<const Job> all_jobs() {
  return kJobs;
}

JobRunner::JobRunner(const auth::Services& services)
    : services_(services),
      counts_(kJobs.size()),
      unwritten_(kJobs.size()),
      follows_(kJobs.size()),
      thread_([this] { run(false); }) {
  try {
    slow_thread_ = std::thread([this] { run(true); });
  } catch (const std::system_error&) {
    begin_end();
    thread_.join();
    throw;
  }
}

void JobRunner::begin_end() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
}

JobRunner::~JobRunner() {
  begin_end();
  thread_.join();
  slow_thread_.join();
  // The last activity and checkpoint must not wait for the next start, and the counters end here.
  try {
    while (auth::write_activity(services_).value_or(0) > 0) {
    }
    static_cast<void>(auth::add_day_counts(services_, services_.clock.now()));
    static_cast<void>(auth::write_checkpoint(services_, services_.clock.now(), 0ms));
  } catch (const std::bad_alloc&) {
    services_.log.error("the last activity was not written", {{"cause", "out of memory"}});
  }
}

void JobRunner::run(bool is_slow) {
  std::array<SteadyTime, kJobs.size()> due{};
  for (size_t i = 0; i < kJobs.size(); ++i)
    due[i] = (kJobs[i].run_long != nullptr) == is_slow ? first_due(kJobs[i]) : SteadyTime::max();
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    // Never an infinite wait: some libraries cannot represent the end of time.
    SteadyTime next = services_.clock.steady_now() + 1h;
    for (size_t i = 0; i < kJobs.size() && !is_ending_; ++i) {
      const SteadyTime now = services_.clock.steady_now();
      if (now >= due[i]) {
        lock.unlock();
        due[i] = turn(i, now);
        lock.lock();
      }
      next = std::min(next, due[i]);
    }
    wake_.wait_until(lock, next, [&] { return is_ending_.load(); });
  }
}

bool JobRunner::may_run(const Job& job) const {
  return job.where == Where::every_server || services_.store.leads();
}

// A job that is due: runs it, unless another server does. Returns when it is due again.
SteadyTime JobRunner::turn(size_t index, SteadyTime now) {
  const Job& job = kJobs[index];
  if (!may_run(job)) {
    follows_[index] = true;
    note_other_run(index);
    return now + kLookForLead;
  }
  // The server that led until now may have just run it.
  if (std::exchange(follows_[index], false) && job.interval != nullptr) {
    const SteadyTime due = first_due(job);
    if (due > now) return due;
  }
  const bool is_done = run_job(index);
  const Milliseconds pace = job.pace(services_.config);
  return now + (is_done ? pace : std::min(pace, kRetry));
}

// So that the metrics of every server tell of the last backup.
void JobRunner::note_other_run(size_t index) {
  const Job& job = kJobs[index];
  if (job.interval == nullptr) return;
  const Result<std::optional<tables::JobRun>> row = last_run(job);
  if (!row || !*row) return;
  counts_[index].succeeded_at_s = static_cast<uint64_t>(unix_seconds((*row)->succeeded_at));
}

Result<std::optional<tables::JobRun>> JobRunner::last_run(const Job& job) const {
  return services_.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::JobRun>> {
    return tables::job_runs.find(tx, job.name);
  });
}

// At once; a job with a configured interval once its last success is that long ago, even across a
// restart.
SteadyTime JobRunner::first_due(const Job& job) const {
  const SteadyTime now = services_.clock.steady_now();
  if (job.interval == nullptr) return now;
  const Milliseconds pace = job.pace(services_.config);
  if (pace == 0ms) return SteadyTime::max();
  const Result<std::optional<tables::JobRun>> row = last_run(job);
  if (!row || !*row) return now;
  // A clock that was set back does not delay it by more than one interval.
  const Milliseconds ago = services_.clock.now() - (*row)->succeeded_at;
  return now + std::clamp(pace - ago, Milliseconds(0), pace);
}

// Handles a lack of memory on the threads of the jobs.
bool JobRunner::run_job(size_t index) {
  try {
    return run_and_note(index);
  } catch (const std::bad_alloc&) {
    counts_[index].runs += 1;
    counts_[index].failures += 1;
    services_.log.error("job failed", {{"job", kJobs[index].name}, {"cause", "out of memory"}});
    return false;
  }
}

bool JobRunner::run_and_note(size_t index) {
  const Job& job = kJobs[index];
  Counts& counts = counts_[index];
  const Time started = services_.clock.now();
  const SteadyTime begin = services_.clock.steady_now();
  const Result<Progress> outcome = run_pieces(job);
  const auto took = std::chrono::duration_cast<Milliseconds>(services_.clock.steady_now() - begin);
  if (!outcome && (is_ending_ || !may_run(job))) {
    // Not a failure: it is due again with the next start, or at the server that leads now.
    services_.log.info("job given up", {{"job", job.name}, {"cause", outcome.error().message}});
    return false;
  }
  counts.runs += 1;
  counts.took_ms = static_cast<uint64_t>(took.count());
  if (outcome) {
    counts.rows += outcome->done;
    counts.succeeded_at_s = static_cast<uint64_t>(unix_seconds(services_.clock.now()));
  } else {
    counts.failures += 1;
    services_.log.error("job failed", {{"job", job.name}, {"cause", outcome.error().message}});
  }
  write_down(index, started, took, outcome);
  return outcome.has_value();
}

Result<Progress> JobRunner::run_pieces(const Job& job) {
  Progress all;
  bool more = true;
  while (more) {
    const Time now = services_.clock.now();
    const Progress progress =
        TRY(job.run_long != nullptr
                ? job.run_long(services_, now, [&] { return is_ending_ || !may_run(job); })
                : job.run(services_, now));
    all.done += progress.done;
    const std::lock_guard lock(mutex_);
    more = progress.more && !is_ending_ && may_run(job);
  }
  return all;
}

void JobRunner::write_down(size_t index, Time started, Milliseconds took,
                           const Result<Progress>& outcome) {
  const Job& job = kJobs[index];
  Unwritten& unwritten = unwritten_[index];
  unwritten.runs += 1;
  unwritten.failures += outcome ? 0 : 1;
  if (!services_.store.leads()) return;  // The row is written by one server.
  const SteadyTime now = services_.clock.steady_now();
  const bool is_frequent = outcome && job.interval == nullptr;
  if (is_frequent && unwritten.written_at && now - *unwritten.written_at < kWritePause) return;
  // A full disk needs no more failing writes.
  if (!services_.store.stats().can_write) return;
  const Time ended = services_.clock.now();
  const Result<void> written = services_.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::JobRun row = tables::job_runs.find(tx, job.name).value_or(tables::JobRun{});
    row.started_at = started;
    row.took_ms = static_cast<uint64_t>(took.count());
    row.runs += unwritten.runs;
    row.failures += unwritten.failures;
    row.last_error = outcome ? "" : outcome.error().message;
    if (outcome) row.succeeded_at = ended;
    tables::job_runs.put(tx, job.name, row);
    return {};
  });
  if (written) unwritten = Unwritten{0, 0, now};
}

}  // namespace authd::server
