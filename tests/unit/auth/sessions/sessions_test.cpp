#include "auth/sessions/sessions.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <thread>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/core/refresh_token.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/token_issue.h"
#include "auth/signin/login.h"
#include "auth/upkeep/check.h"
#include "support/people.h"
#include "tables/expiry.h"

using namespace authd;
using test::is_alive;
using test::kPassword;
using namespace std::chrono_literals;

namespace {

auth::Tokens sign_up(test::Instance& t, const std::string& name) {
  auth::NewAccount account;
  account.username = name;
  account.password = Password(kPassword);
  auto tokens = auth::sign_up(t.services, account, {});
  REQUIRE(tokens);
  REQUIRE(*tokens);
  return std::move(**tokens);
}

auth::Tokens log_in(test::Instance& t, const std::string& name) {
  return test::tokens_of(test::try_login(t, name));
}

RefreshToken copy_of(const RefreshToken& token) {
  return RefreshToken(std::string(token.reveal()));
}

}  // namespace

TEST_CASE("a refresh token is what was made, and nothing else") {
  const SecretKey key(std::string(32, 'a'));
  const SecretKey other(std::string(32, 'b'));
  const RefreshToken token = auth::make_refresh_token(key, {std::string(16, 's'), 7});
  const auto claim = auth::parse_refresh_token(key, token);
  REQUIRE(claim);
  CHECK(claim->generation == 7);
  CHECK_FALSE(auth::parse_refresh_token(other, token));
  const std::string text(token.reveal());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(auth::parse_refresh_token(key, RefreshToken(flipped)));
  }
  CHECK_FALSE(auth::parse_refresh_token(key, RefreshToken(text + "A")));
  CHECK_FALSE(auth::parse_refresh_token(key, RefreshToken(text.substr(1))));
}

TEST_CASE(
    "the previous refresh token gives the same successor within the grace, and ends the session "
    "after it") {
  test::Instance t;
  const auth::Tokens first = sign_up(t, "ann");
  const auto second = auth::refresh(t.services, copy_of(first.refresh), {});
  REQUIRE(second);
  t.clock.advance(10s);
  const auto again = auth::refresh(t.services, copy_of(first.refresh), {});
  REQUIRE(again);
  CHECK(again->refresh.reveal() == second->refresh.reveal());
  SECTION("after the grace it is a copy in foreign hands") {
    t.clock.advance(1ms);
    CHECK_FALSE(auth::refresh(t.services, copy_of(first.refresh), {}));
    CHECK_FALSE(auth::refresh(t.services, copy_of(second->refresh), {}));
    CHECK_FALSE(is_alive(t, *second));
    CHECK(t.counters.refreshes_reused == 1);
  }
  SECTION("a clock that was set back does not stretch the grace") {
    t.clock.advance(-1h);
    CHECK_FALSE(auth::refresh(t.services, copy_of(first.refresh), {}));
  }
  SECTION("two generations back is reuse, however soon") {
    REQUIRE(auth::refresh(t.services, copy_of(second->refresh), {}));
    CHECK_FALSE(auth::refresh(t.services, copy_of(first.refresh), {}));
    CHECK_FALSE(is_alive(t, *second));
  }
}

TEST_CASE("whatever the order of refreshes, one generation at most is current") {
  // A model with the rules of the header: generation, time of the last rotation, whether the
  // session lives.
  std::mt19937 dice(20261121);
  for (int round = 0; round < 30; ++round) {
    test::Instance t;
    std::vector<std::string> seen = {std::string(sign_up(t, "ann").refresh.reveal())};
    size_t current = 0;
    Milliseconds since{0};
    bool lives = true;
    for (int step = 0; step < 40; ++step) {
      const auto pause = Milliseconds(std::uniform_int_distribution<int>(0, 7000)(dice));
      t.clock.advance(pause);
      since += pause;
      const size_t back = std::uniform_int_distribution<size_t>(0, 9)(dice);
      const size_t chosen = back < 7   ? current
                            : back < 9 ? current - std::min<size_t>(current, 1)
                                       : current - std::min<size_t>(current, 2);
      const auto got = auth::refresh(t.services, RefreshToken(seen[chosen]), {});
      if (!lives) {
        REQUIRE_FALSE(got);
      } else if (chosen == current) {
        REQUIRE(got);
        seen.emplace_back(got->refresh.reveal());
        current += 1;
        since = 0ms;
      } else if (chosen + 1 == current && since <= 10s) {
        REQUIRE(got);
        REQUIRE(got->refresh.reveal() == seen[current]);
      } else {
        REQUIRE_FALSE(got);
        lives = false;
      }
    }
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == seen.size());
  }
}

TEST_CASE("many refreshes of one token at once give one successor") {
  test::Instance t;
  const auth::Tokens first = sign_up(t, "ann");
  std::vector<std::string> successors(8);
  std::vector<std::thread> threads;
  for (std::string& successor : successors) {
    threads.emplace_back([&] {
      if (const auto got = auth::refresh(t.services, copy_of(first.refresh), {}))
        successor = got->refresh.reveal();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const std::string& successor : successors)
    CHECK(successor == successors[0]);
  CHECK_FALSE(successors[0].empty());
}

TEST_CASE("a session ends by time, refreshed or not") {
  test::Instance t;
  SECTION("after refresh_ttl without a refresh") {
    const auth::Tokens tokens = sign_up(t, "ann");
    t.clock.advance(30 * 24h);
    CHECK_FALSE(auth::refresh(t.services, copy_of(tokens.refresh), {}));
  }
  SECTION("after session_max_age however often it is refreshed") {
    std::string token(sign_up(t, "ann").refresh.reveal());
    int refreshed = 0;
    while (const auto next = auth::refresh(t.services, RefreshToken(token), {})) {
      token = next->refresh.reveal();
      refreshed += 1;
      t.clock.advance(24h);
      REQUIRE(refreshed < 200);
    }
    CHECK(refreshed == 90);
  }
  SECTION("and its access token at its own time") {
    const auth::Tokens tokens = sign_up(t, "ann");
    t.clock.advance(15min - 1ms);
    CHECK(is_alive(t, tokens));
    t.clock.advance(1s);
    CHECK_FALSE(is_alive(t, tokens));
  }
}

TEST_CASE("ending all sessions catches every one, and only the user's") {
  test::Instance t;
  const auth::Tokens one = sign_up(t, "ann");
  const auth::Tokens two = log_in(t, "ann");
  const auth::Tokens other = sign_up(t, "bob");
  REQUIRE(auth::end_all_sessions(t.services, one.user.id, {}));
  CHECK_FALSE(is_alive(t, one));
  CHECK_FALSE(is_alive(t, two));
  CHECK(is_alive(t, other));
  CHECK(is_alive(t, log_in(t, "ann")));
  CHECK(auth::list_sessions(t.services, one.user.id, t.clock.now())->size() == 1);
}

TEST_CASE("of each kind a user has a number of sessions, the least recent gives way") {
  constexpr size_t kMost = auth::max_sessions(tables::SessionKind::tokens);
  test::Instance t;
  const auth::Tokens first = sign_up(t, "ann");
  t.clock.advance(1s);
  const auth::Tokens second = log_in(t, "ann");
  for (size_t i = 0; i < kMost - 1; ++i) {
    t.clock.advance(1s);
    log_in(t, "ann");
  }
  CHECK_FALSE(is_alive(t, first));
  CHECK(is_alive(t, second));
  CHECK(auth::list_sessions(t.services, first.user.id, t.clock.now())->size() == kMost);
}

TEST_CASE("the sweep removes what has ended and keeps what was refreshed") {
  test::Instance t;
  for (int i = 0; i < 50; ++i)
    log_in(t, i == 0 ? (sign_up(t, "ann"), "ann") : "ann");
  const auth::Tokens kept = log_in(t, "ann");
  t.clock.advance(20 * 24h);
  const auto refreshed = auth::refresh(t.services, copy_of(kept.refresh), {});
  REQUIRE(refreshed);
  t.clock.advance(15 * 24h);
  size_t removed = 0;
  size_t moved = 0;
  for (bool more = true; more;) {
    const auto swept = tables::sweep_expired(t.store, t.clock.now());
    REQUIRE(swept);
    removed += swept->removed;
    moved += swept->moved;
    more = swept->more;
  }
  CHECK(removed == 51);
  CHECK(moved == 1);
  CHECK(auth::refresh(t.services, copy_of(refreshed->refresh), {}));
  const auto report = auth::check_store(t.services);
  REQUIRE(report);
  CHECK(report->findings == std::vector<std::string>{});
}

TEST_CASE("the check finds what does not hold") {
  test::Instance t;
  const auth::Tokens tokens = sign_up(t, "ann");
  const auto damage = [&](auto act) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      act(tx);
      return {};
    }));
    const auto report = auth::check_store(t.services);
    REQUIRE(report);
    return report->findings.size();
  };
  CHECK(damage([](store::WriteTxn&) {}) == 0);
  CHECK(damage([](store::WriteTxn& tx) { tables::usernames.put(tx, "ghost", {99, {}}); }) == 1);
  CHECK(damage([](store::WriteTxn& tx) { tables::usernames.del(tx, "ann"); }) == 2);
  CHECK(damage([](store::WriteTxn& tx) { tx.put("u garbage", "garbage"); }) >= 2);
}

TEST_CASE("a kind of sessions displaces no other") {
  using tables::SessionKind;
  test::Instance t;
  const auth::Tokens first = sign_up(t, "ann");
  const UserId ann = first.user.id;
  const auto count = [&](std::optional<SessionKind> kind) {
    return auth::list_sessions(t.services, ann, t.clock.now(), kind)->size();
  };
  const auto issued = auth::issue_token(t.services, ann, 1h, "account", {});
  REQUIRE(issued);
  auth::Origin browser;
  browser.wants_cookie = true;
  REQUIRE(auth::log_in(t.services, "ann", Password(test::kPassword), std::nullopt, browser));
  const size_t most = auth::max_sessions(SessionKind::issued);
  for (size_t i = 1; i < most; ++i)
    REQUIRE(auth::issue_token(t.services, ann, 1h, "account", {}));
  // One more would have to end one that a program works by.
  const auto refused = auth::issue_token(t.services, ann, 1h, "account", {});
  CHECK(refused.error().name == "too_many_issued_tokens");
  t.clock.advance(1s);
  for (size_t i = 0; i < auth::max_sessions(SessionKind::tokens) - 1; ++i)
    log_in(t, "ann");
  CHECK(is_alive(t, first));
  CHECK(auth::authenticate(t.services, issued->token.reveal(), t.clock.now()));
  CHECK(count(SessionKind::browser) == 1);
  CHECK(count(SessionKind::tokens) == auth::max_sessions(SessionKind::tokens));
  CHECK(count(SessionKind::issued) == most);
  CHECK(count(std::nullopt) ==
        count(SessionKind::browser) + count(SessionKind::tokens) + count(SessionKind::issued));
  t.clock.advance(1h);  // Those that have expired take no place.
  CHECK(auth::issue_token(t.services, ann, 1h, "account", {}));
}
