#include "auth/core/limits/attempts.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/core/limits/devices.h"
#include "auth/core/mails.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/reauthentication.h"
#include "base/encoding.h"

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
  known.device = auth::make_device(t.services, ann, "device 1", t.clock.now());
  // Many addresses, each as soon as it may.
  const auto attack = [&] {
    for (int i = 0; i < 90; ++i) {
      const auto outcome = try_login(t, "ann", from(address(i).c_str()), "wrong password");
      REQUIRE_FALSE(outcome);
      if (outcome.error().code == ErrorCode::rate_limited) t.clock.advance(1s);
    }
  };
  attack();
  CHECK(try_login(t, "ann", known));
  // That login forgave them; once more, without it.
  attack();
  const auto owner = try_login(t, "ann", from("203.0.113.10"));
  if (!owner) {
    CHECK(owner.error().retry_after_s <= 30);
    t.clock.advance(Seconds(owner.error().retry_after_s));
    CHECK(try_login(t, "ann", from("203.0.113.10")));
  }
}

TEST_CASE("a known device has a few failures of its own, and then it is like any other") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auth::Origin thief;
  thief.device = auth::make_device(t.services, ann, "device 1", t.clock.now());
  // From ever new addresses, so that only the device and the name count.
  int looked_at = 0;
  for (int i = 0; i < 90; ++i) {
    thief.address = *IpAddress::parse(address(i));
    const auto outcome = try_login(t, "ann", thief, "wrong password");
    REQUIRE_FALSE(outcome);
    looked_at += outcome.error().code == ErrorCode::unauthenticated ? 1 : 0;
  }
  CHECK(looked_at == 21);
  // Another device of the account is not concerned, although it was made in the same second.
  auth::Origin owner = from("203.0.113.9");
  owner.device = auth::make_device(t.services, ann, "device 2", t.clock.now());
  CHECK(try_login(t, "ann", owner));
}

TEST_CASE("known devices end with the password and with all sessions") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auth::Origin known = from("203.0.113.9");
  known.device = auth::make_device(t.services, ann, "device 1", t.clock.now());
  for (int i = 0; i < 25; ++i)
    CHECK_FALSE(try_login(t, "ann", from(address(i).c_str()), "wrong password"));
  const char* password = kPassword;
  SECTION("as long as nothing ended them") {
    CHECK(try_login(t, "ann", known));
    return;
  }
  SECTION("a new password") {
    REQUIRE(auth::set_password(t.services, ann.id, Password("another battery"), {}));
    password = "another battery";
  }
  SECTION("the end of all sessions") {
    REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
  }
  CHECK(try_login(t, "ann", known, password).error().code == ErrorCode::rate_limited);
}

namespace {

// Wrong passwords from ever new addresses, until the account has this many failures in a row.
void fail_in_a_row(Instance& t, const char* name, int wanted) {
  for (int i = 0, failures = 0; failures < wanted; ++i) {
    const auto outcome = try_login(t, name, from(address(i).c_str()), "wrong password");
    REQUIRE_FALSE(outcome);
    if (outcome.error().code == ErrorCode::rate_limited) {
      t.clock.advance(Seconds(outcome.error().retry_after_s));
    } else {
      failures += 1;
    }
  }
  t.clock.advance(1min);
}

size_t count_warnings(Instance& t) {
  size_t found = 0;
  for (const tables::Mail& mail : mails(t))
    found += mail.kind == tables::MailKind::logins_limited ? 1 : 0;
  return found;
}

tables::User add_confirmed_user(Instance& t, const char* name) {
  tables::User user = add_user(t, name);
  user.email_verified = true;
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::users.put(tx, user);
    return {};
  }));
  return user;
}

}  // namespace

TEST_CASE("after a hundred failures in a row a password works only on a known device") {
  Instance t;
  t.config.mail.url.kind = config::MailUrl::Kind::smtp;
  const tables::User ann = add_confirmed_user(t, "ann");
  auth::Origin known = from("203.0.113.9");
  known.device = auth::make_device(t.services, ann, "device 1", t.clock.now());
  fail_in_a_row(t, "ann", 99);
  SECTION("and not before") {
    CHECK(count_warnings(t) == 0);
    tokens_of(try_login(t, "ann", from("203.0.113.10")));
    return;
  }
  fail_in_a_row(t, "ann", 1);
  // The right password is refused like a wrong one, also by the other name and a month later.
  t.clock.advance(30 * 24h);
  const auto barred = try_login(t, "ann", from("203.0.113.10"));
  CHECK(barred.error().name == "invalid_credentials");
  CHECK(try_login(t, "ann@example.org", from("203.0.113.10")).error().name ==
        "invalid_credentials");
  CHECK(count_warnings(t) == 1);  // One mail, however many tries follow.
  SECTION("a known device") {
    tokens_of(try_login(t, "ann", known));
  }
  SECTION("a mailed code") {
    const auth::Origin here = from("203.0.113.10");
    REQUIRE(auth::send_login_code(t.services, "ann@example.org", here));
    const auto code = secret_of(t, take_mail(t, tables::MailKind::login_code, "ann@example.org"));
    tokens_of(auth::log_in_by_code(t.services, "ann@example.org", code, std::nullopt, here));
  }
  SECTION("a live session") {
    const auth::Tokens fresh = tokens_of(try_login(t, "ann", known));
    fail_in_a_row(t, "ann", 100);
    REQUIRE(auth::reauthenticate(t.services, caller_of(t, fresh), Password(kPassword), std::nullopt,
                                 from("203.0.113.10")));
  }
  SECTION("an administrator") {
    CHECK(*auth::unlock(t.services, ann.id, {}));
  }
  // Each of them ends it for every device.
  tokens_of(try_login(t, "ann", from("203.0.113.11")));
}

TEST_CASE("an account that no mail reaches is slowed, and never barred for good") {
  Instance t;
  SECTION("because nobody has confirmed its email") {
    add_user(t, "ann");
  }
  SECTION("because mails go to the log") {
    add_confirmed_user(t, "ann");
  }
  fail_in_a_row(t, "ann", 100);
  CHECK(try_login(t, "ann", from("203.0.113.10")).error().name == "invalid_credentials");
  // What comes meanwhile, right or wrong, does not make it longer.
  t.clock.advance(13min);
  CHECK(try_login(t, "ann", from("203.0.113.11"), "wrong password").error().name ==
        "invalid_credentials");
  t.clock.advance(2min);
  tokens_of(try_login(t, "ann", from("203.0.113.10")));
}

TEST_CASE("after a hundred wrong second factors there is one try a day") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auto count = [&] {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      auth::count_wrong_factor(tx, ann.id, t.clock.now());
      return {};
    }));
  };
  const auto pause = [&] {
    const Result<void> checked = t.memory.read(
        [&](store::ReadTxn& tx) { return auth::check_factor_pause(tx, ann.id, t.clock.now()); });
    return checked ? 0 : checked.error().retry_after_s;
  };
  for (int i = 0; i < 99; ++i)
    count();
  CHECK(pause() == 30);
  t.clock.advance(2h);  // Patience does not help.
  count();
  CHECK(pause() == 24 * 3600);
  t.clock.advance(24h);
  CHECK(pause() == 0);
  count();
  CHECK(pause() == 24 * 3600);
}

TEST_CASE("failures of one name say nothing about the other name of the account") {
  Instance t;
  add_user(t, "ann");
  CHECK(failures_until_blocked(t, "ann", kHere) == 6);
  // As for an email of nobody.
  CHECK(try_login(t, "ann@example.org", from(kHere), "wrong password").error().code ==
        ErrorCode::unauthenticated);
  CHECK(failures_until_blocked(t, "ann@example.org", kHere) == 5);
  CHECK(failures_until_blocked(t, "bob@example.org", kHere) == 6);
}

TEST_CASE("blanks around a name are no other name") {
  Instance t;
  add_user(t, "ann");
  tokens_of(try_login(t, " ann"));
  tokens_of(try_login(t, "ann@example.org "));
  CHECK(failures_until_blocked(t, "ann ", kHere) == 6);
  CHECK(try_login(t, "ann", from(kHere)).error().code == ErrorCode::rate_limited);
}

TEST_CASE("a stranger's failures do not concern a live session, which counts its own") {
  Instance t;
  add_user(t, "ann");
  const auth::Tokens mine = tokens_of(try_login(t, "ann", from(kHere)));
  const auth::Tokens other = tokens_of(try_login(t, "ann", from(kHere)));
  failures_until_blocked(t, "ann", kHere);
  const auto prove = [&](const auth::Tokens& session, const char* password) {
    return auth::reauthenticate(t.services, caller_of(t, session), Password(password), std::nullopt,
                                from(kHere));
  };
  CHECK(prove(mine, kPassword));
  for (int i = 0; i < 6; ++i)
    CHECK(prove(other, "wrong password").error().code == ErrorCode::forbidden);
  CHECK(prove(other, kPassword).error().code == ErrorCode::rate_limited);
  CHECK(prove(mine, kPassword));
  CHECK(auth::change_password(t.services, caller_of(t, mine), Password(kPassword),
                              Password("another battery"), from(kHere)));
}

TEST_CASE("a network of many /64s has limits of its own") {
  Instance t;
  int looked_at = 0;
  // A new name and a new /64 each time: five /56 of one /48, each with room for 101.
  for (int i = 0; i < 5 * 256; ++i) {
    const std::string subnet =
        std::to_string(i / 256) + hex_encode(std::string(1, static_cast<char>(i % 256)));
    const auto outcome =
        try_login(t, "user" + std::to_string(i), from(("2001:db8:1:" + subnet + "::1").c_str()),
                  "wrong password");
    looked_at += outcome.error().code == ErrorCode::unauthenticated ? 1 : 0;
  }
  CHECK(looked_at == 401);
  CHECK(try_login(t, "x", from("2001:db8:2::1")).error().code == ErrorCode::unauthenticated);
}

TEST_CASE("a device belongs to its account and to this server, and for a year") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User bob = add_user(t, "bob");
  const std::string device = auth::make_device(t.services, ann, "device 1", t.clock.now());
  const auto is_of = [&](const std::string& text, UserId user) {
    return auth::read_device(t.services, text, user, t.clock.now()).has_value();
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
    auto attempt = auth::Attempt::by_name(t.services, from(kHere), "ann", ann);
    if (attempt) {
      running.push_back(std::move(*attempt));
    } else {
      refused += 1;
    }
  }
  CHECK(running.size() == 6);
  CHECK(refused == 14);
  running.clear();
  CHECK(auth::Attempt::by_name(t.services, from(kHere), "ann", ann));
}
