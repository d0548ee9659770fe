#include "server/jobs.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "support/instance.h"

using namespace authd;

TEST_CASE("every job has a name of its own and a pause") {
  std::set<std::string> names;
  for (const server::Job& job : server::all_jobs()) {
    INFO(job.name);
    CHECK(names.insert(job.name).second);
    if (job.interval != nullptr) continue;  // its pace is configured
    CHECK(job.every >= Milliseconds(1000));
    CHECK(job.every <= std::chrono::hours(24));
  }
}

TEST_CASE("a job on a new store is done at once, and again") {
  test::Instance instance;
  for (const server::Job& job : server::all_jobs()) {
    INFO(job.name);
    if (job.interval != nullptr) continue;  // off by default
    for (int round = 0; round < 2; ++round) {
      const Result<server::Progress> progress = job.run(instance.services, instance.clock.now());
      REQUIRE(progress);
      CHECK_FALSE(progress->more);
    }
  }
}
