// The background jobs: one list, one thread. A job is an ordinary function that does a bounded
// piece of work; it says whether there is more, and then comes again at once.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "auth/services.h"

namespace authd::server {

struct Progress {
  size_t done = 0;    // rows
  bool more = false;  // call again at once
};

struct Job {
  const char* name;  // also the label in /metrics
  Milliseconds every;
  Result<Progress> (*run)(const auth::Services&, Time now);
};

std::span<const Job> all_jobs();

// Runs the jobs until it is destroyed.
class JobRunner {
 public:
  explicit JobRunner(const auth::Services& services);
  ~JobRunner();
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  struct Counts {
    std::atomic<uint64_t> runs{0};
    std::atomic<uint64_t> rows{0};
    std::atomic<uint64_t> failures{0};
  };
  const Counts& counts(size_t job) const { return counts_[job]; }

 private:
  void run();
  void run_job(size_t index);

  const auth::Services& services_;
  std::vector<Counts> counts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace authd::server
