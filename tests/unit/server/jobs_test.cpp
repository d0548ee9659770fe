#include "server/jobs.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

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
