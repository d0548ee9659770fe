#include "server/jobs.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>

#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/sessions/sessions.h"
#include "support/clients.h"
#include "support/people.h"
#include "tables/erasure.h"

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

// Both jobs remove grants, which say whom to tell.
TEST_CASE("no job removes a grant before its application is told of the sign-out") {
  for (const std::string name : {"sweep_expired", "erase_users"}) {
    INFO(name);
    test::Instance t;
    const tables::User ann = test::add_user(t, "ann");
    tables::Client client = test::put_client(t, "app");
    client.backchannel_logout_uri = "https://app.example/told";
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      auth::save_client(tx, client);
      return {};
    }));
    test::put_grant(t, ann, "app", [&](tables::Grant& grant) {
      grant.expires_at = t.clock.now() + std::chrono::seconds(1);
    });
    if (name == "sweep_expired") {
      REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
    } else {
      REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
        auth::tell_of_deletion(tx, ann);
        tables::mark_erased(tx, ann, t.clock.now());
        return {};
      }));
    }
    t.clock.advance(std::chrono::seconds(2));
    for (const server::Job& job : server::all_jobs()) {
      if (job.name == name) REQUIRE(job.run(t.services, t.clock.now()));
    }
    const auto told = auth::list_logouts(t.services, "app");
    REQUIRE(told);
    REQUIRE(told->size() == 1);
    CHECK(told->front().subject == ann.subject);
  }
}

namespace {

// One of several servers on the same data.
class SharedStore final : public store::Store {
 public:
  explicit SharedStore(store::Store& below) : below_(below) {}
  store::Stats stats() override { return below_.stats(); }
  bool leads() override { return is_leading; }
  std::atomic<bool> is_leading = false;

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override {
    return read_through(below_, fn);
  }
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override {
    return write_through(below_, fn);
  }

 private:
  store::Store& below_;
};

uint64_t runs_of(const server::JobRunner& jobs, std::string_view name) {
  for (size_t i = 0; i < server::all_jobs().size(); ++i) {
    if (server::all_jobs()[i].name == name) return jobs.counts(i).runs;
  }
  FAIL("no such job");
  return 0;
}

}  // namespace

TEST_CASE(
    "a server that does not lead runs the jobs of its own host, and the others once it leads") {
  test::Instance t;
  SharedStore store(t.store);
  const SystemClock clock;
  const auth::Services s{store,
                         t.config,
                         clock,
                         t.random,
                         t.hasher,
                         t.master_key,
                         t.server_key,
                         t.keyring,
                         t.credentials,
                         t.in_flight,
                         t.verified,
                         t.activity,
                         t.providers,
                         t.known,
                         t.oauth,
                         t.images,
                         t.counters,
                         null_log(),
                         auth::kServerWriter};
  const auto row_of = [&](std::string_view name) {
    return t.store
        .read([&](store::ReadTxn& tx) -> Result<bool> {
          return tables::job_runs.find(tx, name).has_value();
        })
        .value();
  };
  server::JobRunner jobs(s);
  while (runs_of(jobs, "add_day_counts") == 0)  // of those of each server, the last on the list
    std::this_thread::yield();
  for (const server::Job& job : server::all_jobs()) {
    INFO(job.name);
    if (job.interval != nullptr) continue;
    CHECK((runs_of(jobs, job.name) > 0) == (job.where == server::Where::every_server));
    CHECK_FALSE(row_of(job.name));  // which only the server that leads writes
  }
  store.is_leading = true;
  while (!row_of("note_day_levels"))  // of those of the server that leads
    std::this_thread::sleep_for(Milliseconds(10));
  CHECK(runs_of(jobs, "sweep_expired") > 0);
  CHECK(row_of("sweep_expired"));
}
