#include "auth/core/attempts.h"

#include <thread>

#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kHere = "192.0.2.1";

// Wrong passwords from an address until one is not looked at; how many were.
int failures_until_blocked(Instance& t, const char* name, const char* address) {
  for (int i = 0; i < 100; ++i) {
    const auto outcome = try_login(t, name, from(address), "wrong password");
    REQUIRE_FALSE(outcome);
    if (outcome.error().code == ErrorCode::rate_limited) return i;
  }
  return 100;
}

int retry_after(Instance& t, const char* name, const char* address) {
  const auto outcome = try_login(t, name, from(address));
  REQUIRE_FALSE(outcome);
  REQUIRE(outcome.error().code == ErrorCode::rate_limited);
  return outcome.error().retry_after_s;
}

std::string address(int i) {
  return "198.51." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1);
}

}  // namespace

TEST_CASE("after a few failures one address waits for the account, longer each time") {
  Instance t;
  add_user(t, "ann");
  CHECK(failures_until_blocked(t, "ann", kHere) == 6);
  CHECK(retry_after(t, "ann", kHere) == 1);
  t.clock.advance(1s);
  CHECK_FALSE(try_login(t, "ann", from(kHere), "wrong password"));
  CHECK(retry_after(t, "ann", kHere) == 2);
  t.clock.advance(2s);
  CHECK_FALSE(try_login(t, "ann", from(kHere), "wrong password"));
  CHECK(retry_after(t, "ann", kHere) == 4);
  // The owner elsewhere, and others here, are not concerned.
  CHECK(try_login(t, "ann", from("192.0.2.2")));
  add_user(t, "bob");
  CHECK(try_login(t, "bob", from(kHere)));
}

TEST_CASE("an unknown name is limited as a known one is") {
  Instance t;
  add_user(t, "ann");
  CHECK(failures_until_blocked(t, "nobody", kHere) == failures_until_blocked(t, "ann", kHere));
}

TEST_CASE("the right password forgives the failures before it") {
  Instance t;
  add_user(t, "ann");
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(try_login(t, "ann", from(kHere), "wrong password"));
  CHECK(try_login(t, "ann", from(kHere)));
  CHECK(failures_until_blocked(t, "ann", kHere) == 6);
}

TEST_CASE("many strangers never lock the owner out for long, and a known device not at all") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auth::Origin known = from("203.0.113.9");
  known.device = auth::make_device(t.services, ann, t.clock.now());
  // A thousand addresses, each as soon as it may.
  for (int i = 0; i < 1000; ++i) {
    const auto outcome = try_login(t, "ann", from(address(i).c_str()), "wrong password");
    REQUIRE_FALSE(outcome);
    if (outcome.error().code == ErrorCode::rate_limited) t.clock.advance(1s);
  }
  CHECK(try_login(t, "ann", known));
  // That login forgave them; once more, without it.
  for (int i = 0; i < 1000; ++i) {
    const auto outcome = try_login(t, "ann", from(address(i).c_str()), "wrong password");
    if (outcome.error().code == ErrorCode::rate_limited) t.clock.advance(1s);
  }
  const auto owner = try_login(t, "ann", from("203.0.113.10"));
  if (!owner) {
    CHECK(owner.error().retry_after_s <= 30);
    t.clock.advance(Seconds(owner.error().retry_after_s));
    CHECK(try_login(t, "ann", from("203.0.113.10")));
  }
}

TEST_CASE("a device belongs to its account and to this server, and for a year") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User bob = add_user(t, "bob");
  const std::string device = auth::make_device(t.services, ann, t.clock.now());
  const auto is_of = [&](const std::string& text, UserId user) {
    return auth::device_epoch(t.services, text, user, t.clock.now()).has_value();
  };
  CHECK(is_of(device, ann.id));
  CHECK_FALSE(is_of(device, bob.id));
  CHECK_FALSE(is_of("", ann.id));
  std::string forged = device;
  forged[30] = forged[30] == 'A' ? 'B' : 'A';
  CHECK_FALSE(is_of(forged, ann.id));
  t.clock.advance(366 * 24h);
  CHECK_FALSE(is_of(device, ann.id));
}

TEST_CASE("one address that tries many accounts is slowed too") {
  Instance t;
  int looked_at = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "user" + std::to_string(i);
    const auto outcome = try_login(t, name, from("2001:db8::1"), "wrong password");
    looked_at += outcome.error().code == ErrorCode::unauthenticated ? 1 : 0;
  }
  CHECK(looked_at == 51);
  // The whole /64 is one.
  CHECK(try_login(t, "x", from("2001:db8::2")).error().code == ErrorCode::rate_limited);
  CHECK(try_login(t, "x", from("2001:db8:0:1::1")).error().code == ErrorCode::unauthenticated);
}

TEST_CASE("failures outlive the process, are unlocked by the administrator, and fade") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  for (int i = 0; i < 30; ++i)
    CHECK_FALSE(try_login(t, "ann", from(address(i).c_str()), "wrong password"));
  const auto blocked = [&] {
    const auto outcome = try_login(t, "ann", from("203.0.113.9"));
    return !outcome && outcome.error().code == ErrorCode::rate_limited;
  };
  CHECK(blocked());
  SECTION("unlocked") {
    CHECK(*auth::unlock(t.services, ann.id, {}));
    CHECK_FALSE(*auth::unlock(t.services, ann.id, {}));
  }
  SECTION("faded") {
    t.clock.advance(1h);
  }
  CHECK_FALSE(blocked());
}

TEST_CASE("a clock that is set back locks nobody out until it has caught up") {
  Instance t;
  add_user(t, "ann");
  failures_until_blocked(t, "ann", kHere);
  CHECK(retry_after(t, "ann", kHere) == 1);
  t.clock.advance(-5min);  // not far enough to be forgotten
  CHECK(retry_after(t, "ann", kHere) > 1);
  t.clock.advance(-24h);
  CHECK(try_login(t, "ann", from(kHere)));
}

TEST_CASE("mails to one address have a pause that doubles and fades, for known and unknown alike") {
  Instance t;
  const auto count = [&](const char* asked) {
    return t.services.store.write([&](store::WriteTxn& tx) -> Result<void> {
      return auth::count_mail(tx, asked, t.clock.now());
    });
  };
  for (int i = 0; i < 3; ++i)
    CHECK(count("reset ann@example.org"));
  const auto fourth = count("reset ann@example.org");
  REQUIRE_FALSE(fourth);
  CHECK(fourth.error().code == ErrorCode::rate_limited);
  CHECK(fourth.error().retry_after_s == 60);
  CHECK(count("reset bob@example.org"));
  CHECK(count("magic link ann@example.org"));
  t.clock.advance(60s);
  CHECK(count("reset ann@example.org"));
  CHECK(count("reset ann@example.org").error().retry_after_s == 120);
  t.clock.advance(61min);
  CHECK(count("reset ann@example.org"));
}

TEST_CASE("a burst at one moment does not slip through before its failures are known") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  std::vector<auth::Attempt> running;
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    auto attempt = auth::Attempt::begin(t.services, from(kHere), ann.id, "ann");
    if (attempt) {
      running.push_back(std::move(*attempt));
    } else {
      refused += 1;
    }
  }
  CHECK(running.size() == 6);
  CHECK(refused == 14);
  running.clear();
  CHECK(auth::Attempt::begin(t.services, from(kHere), ann.id, "ann"));
}
