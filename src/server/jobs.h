// The background jobs: one list, one thread, and a second thread for jobs that take long (backups).
// A job is an ordinary function that does a bounded piece of work. If it says that there is more,
// it runs again at once.
//
// Only a server runs jobs, and only one server has a data directory (store/directory.h,
// ServerLock). If several hosts share the data, one of their servers leads (store::Store::leads)
// and runs the jobs on shared rows; a server that leads no longer stops between two pieces. So no
// such job runs twice at the same time, except for the piece during which the lead moves. A row has
// the result of the last run (tables/rows/job_rows.h). It is written at most once per run, for
// frequent jobs at most once a minute unless a run fails, and only by the server that leads.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "auth/core/services.h"
#include "server/data/job.h"
#include "tables/schema.h"

namespace authd::server {

std::span<const Job> all_jobs();

// Runs the jobs until it is destroyed.
class JobRunner {
 public:
  explicit JobRunner(const auth::Services& services);
  ~JobRunner();
  // Starts no more jobs, and gives up a job that takes long. The destructor waits for the end.
  void begin_end();
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  struct Counts {
    std::atomic<uint64_t> runs{0};
    std::atomic<uint64_t> rows{0};
    std::atomic<uint64_t> failures{0};
    std::atomic<uint64_t> took_ms{0};         // the last run
    std::atomic<uint64_t> succeeded_at_s{0};  // Unix time of the last one that did not fail
  };
  const Counts& counts(size_t job) const { return counts_[job]; }

 private:
  // Of one job, for its row. Only the job's thread uses it.
  struct Unwritten {
    uint64_t runs = 0;
    uint64_t failures = 0;
    std::optional<SteadyTime> written_at;
  };

  void run(bool is_slow);
  bool may_run(const Job& job) const;
  SteadyTime turn(size_t index, SteadyTime now);
  void note_other_run(size_t index);
  Result<std::optional<tables::JobRun>> last_run(const Job& job) const;
  SteadyTime first_due(const Job& job) const;
  bool run_job(size_t index);
  bool run_and_note(size_t index);
  Result<Progress> run_pieces(const Job& job);
  void write_down(size_t index, Time started, Milliseconds took, const Result<Progress>& outcome);

  const auth::Services& services_;
  std::vector<Counts> counts_;
  std::vector<Unwritten> unwritten_;
  std::vector<char> follows_;  // whether another server led at its last turn; of the job's thread
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> is_ending_{false};
  std::thread thread_;
  std::thread slow_thread_;
};

}  // namespace authd::server
