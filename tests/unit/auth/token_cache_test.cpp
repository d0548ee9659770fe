// What is remembered of tokens saves reads, and never a judgement.
#include "auth/token_cache.h"

#include <catch2/catch.hpp>

#include "auth/access_token.h"
#include "auth/accounts.h"
#include "auth/issue.h"
#include "auth/keyring.h"
#include "auth/roles.h"
#include "auth/sessions.h"
#include "support/fault_store.h"
#include "support/people.h"

using namespace authd;
using namespace std::chrono_literals;

namespace {

std::string token_of(test::Instance& t, UserId user) {
  const auto minted = auth::issue_token(t.services, user, 1h, "account", {});
  REQUIRE(minted);
  return std::string(minted->token.reveal());
}

// A server whose reads of the store can be seen: the next one fails.
struct Watched {
  test::Instance t;
  test::FaultStore faults{t.store};
  auth::Services s{faults,       t.config,  t.clock,    t.random,    t.hasher,   t.master_key,
                   t.server_key, t.keyring, t.tokens,   t.in_flight, t.verified, t.activity,
                   t.providers,  t.images,  t.counters, null_log()};
  UserId user = test::add_user(t, "ann").id;
  std::string token = token_of(t, user);

  Result<auth::Caller> authenticate() { return auth::authenticate(s, token, t.clock.now()); }

  // Whether the store is asked for rows in order to say who has the token.
  bool reads_rows() {
    faults.fail_at(1);
    const bool is_good = authenticate().has_value();
    const bool has_read = faults.has_failed();
    faults.fail_at(0);
    CHECK(is_good != has_read);
    return has_read;
  }
};

}  // namespace

TEST_CASE("rows serve again until something is committed, and then are read anew") {
  Watched w;
  CHECK(w.reads_rows());
  REQUIRE(w.authenticate());
  CHECK_FALSE(w.reads_rows());
  CHECK_FALSE(w.reads_rows());
  test::add_user(w.t, "bob");  // Whatever it was.
  CHECK(w.reads_rows());
  REQUIRE(w.authenticate());
  CHECK_FALSE(w.reads_rows());
}

TEST_CASE("a write that was refused makes nothing anew") {
  Watched w;
  REQUIRE(w.authenticate());
  CHECK_FALSE(auth::end_all_sessions(w.t.services, UserId{999}, {}));
  CHECK_FALSE(w.reads_rows());
}

TEST_CASE("what is committed holds for the next request, whatever is remembered") {
  Watched w;
  REQUIRE(w.authenticate());
  REQUIRE_FALSE(w.reads_rows());
  SECTION("roles") {
    REQUIRE(auth::add_role(w.t.services, "editor", "", {"articles:write"}, {}));
    REQUIRE(*auth::grant_role(w.t.services, w.user, "editor", {}));
    CHECK(w.authenticate()->has_role("editor"));
    REQUIRE(*auth::revoke_role(w.t.services, w.user, "editor", {}));
    CHECK_FALSE(w.authenticate()->has_role("editor"));
  }
  SECTION("a name") {
    auth::ProfileChange change;
    change.first_name = "Ann";
    REQUIRE(auth::change_profile(w.t.services, w.user, change, {}));
    CHECK(w.authenticate()->user().first_name == "Ann");
  }
  SECTION("the end of the session") {
    const std::string session = w.authenticate()->session().id;
    REQUIRE(auth::end_session(w.t.services, session, {}));
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the end of all") {
    REQUIRE(auth::end_all_sessions(w.t.services, w.user, {}));
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the account disabled") {
    REQUIRE(auth::set_disabled(w.t.services, w.user, true, {}));
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the key withdrawn") {
    const auto keys = auth::current_keys(w.t.services);
    REQUIRE(auth::rotate_keys(w.t.services, {}));
    REQUIRE(auth::withdraw_key(w.t.services, (*keys)->active().row.kid, {}));
    CHECK_FALSE(w.authenticate());
  }
}

TEST_CASE("the time is judged by each request, without a commit in between") {
  Watched w;
  REQUIRE(w.authenticate());
  SECTION("the token ends") {
    w.t.clock.advance(59min);
    CHECK_FALSE(w.reads_rows());
    w.t.clock.advance(1min);
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the clock is set back by years") {
    w.t.clock.advance(-24h * 365);
    CHECK_FALSE(w.authenticate());
  }
}

TEST_CASE("a caller that is held keeps what it was, when all changes") {
  Watched w;
  const auto caller = w.authenticate();
  REQUIRE(caller);
  REQUIRE(auth::delete_account(w.t.services, w.user, {}));
  CHECK(caller->user().username == "ann");
  CHECK_FALSE(w.authenticate());
}

TEST_CASE("the token cache is bounded") {
  auth::TokenCache cache;
  const auto claims = std::make_shared<const auth::Claims>();
  for (size_t i = 0; i < 2 * auth::TokenCache::kMaxEntries; ++i) {
    std::string digest(32, '\0');
    for (size_t b = 0; b < 8; ++b)
      digest[b] = static_cast<char>(i >> (8 * b));
    cache.insert(digest, {claims, nullptr, 0});
  }
  CHECK(cache.size() == auth::TokenCache::kMaxEntries);
}
