#include "auth/signin/basic_login.h"

#include <catch2/catch.hpp>

#include "auth/accounts/changes/credential_change.h"
#include "auth/core/caller.h"
#include "support/people.h"

using namespace authd;
using namespace std::chrono_literals;
using test::from;
using test::kPassword;

namespace {

// "ok", or the error's name.
std::string outcome(test::Instance& t, std::string_view login, const char* password = kPassword,
                    const auth::Origin& origin = from("192.0.2.1")) {
  const auto caller = auth::authenticate_password(t.services, login, Password(password), origin);
  if (caller) return "ok";
  return caller.error().name.empty() ? std::string(default_name(caller.error().code))
                                     : caller.error().name;
}

// How many audit entries say that a password was checked and right.
size_t checks(test::Instance& t) {
  auth::AuditFilter filter;
  filter.action = "basic_login";
  const auto entries = auth::list_audit(t.services, filter);
  REQUIRE(entries);
  return static_cast<size_t>(std::count_if(entries->begin(), entries->end(),
                                           [](const auto& one) { return one.outcome == "ok"; }));
}

}  // namespace

TEST_CASE("a password opens what its account may, and makes no session") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const auto caller = auth::authenticate_password(t.services, "ann@example.org",
                                                  Password(kPassword), from("192.0.2.1"));
  REQUIRE(caller);
  CHECK(caller->user().id == ann.id);
  CHECK(caller->roles() == std::vector<std::string>{"user"});
  CHECK(caller->has_scope(auth::kAccountScope));
  CHECK(caller->session_if_any() == nullptr);
  CHECK(auth::list_sessions(t.services, ann.id, t.clock.now())->empty());
  CHECK(outcome(t, "ann", "wrong") == "invalid_credentials");
  CHECK(outcome(t, "nobody") == "invalid_credentials");
  CHECK(outcome(t, "ann", "") == "invalid_credentials");
  CHECK(outcome(t, "") == "invalid_credentials");
}

TEST_CASE("a password is hashed once in five minutes for an address, and looked at every time") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  for (int i = 0; i < 20; ++i)
    CHECK(outcome(t, "ann") == "ok");
  CHECK(checks(t) == 1);
  CHECK(outcome(t, "ann", kPassword, from("198.51.100.1")) == "ok");
  CHECK(checks(t) == 2);
  t.clock.advance(auth::VerifiedPasswords::kLife);
  CHECK(outcome(t, "ann") == "ok");
  CHECK(checks(t) == 3);
  SECTION("a disabled account") {
    REQUIRE(auth::set_disabled(t.services, ann.id, true, {}));
    CHECK(outcome(t, "ann") == "account_disabled");
    REQUIRE(auth::set_disabled(t.services, ann.id, false, {}));
    CHECK(outcome(t, "ann") == "ok");
  }
  SECTION("a deleted account") {
    REQUIRE(auth::delete_account(t.services, ann.id, {}));
    CHECK(outcome(t, "ann") == "invalid_credentials");
  }
  SECTION("another password") {
    REQUIRE(auth::set_password(t.services, ann.id, Password("another horse battery"), {}));
    CHECK(outcome(t, "ann") == "invalid_credentials");
    CHECK(outcome(t, "ann", "another horse battery") == "ok");
  }
  SECTION("a second factor") {
    auto changed = t.config;
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      auto user = tables::users.find(tx, tables::big_endian(ann.id.value));
      user->mfa_enabled = true;
      tables::users.put(tx, tables::big_endian(ann.id.value), *user);
      return {};
    }));
    CHECK(outcome(t, "ann") == "mfa_required");
    CHECK(outcome(t, "ann", "wrong") == "invalid_credentials");
  }
}

TEST_CASE("what is remembered tells a blocked guesser nothing") {
  test::Instance t;
  test::add_user(t, "ann");
  CHECK(outcome(t, "ann") == "ok");
  for (int i = 0; i < 6; ++i)
    CHECK(outcome(t, "ann", "guess") == "invalid_credentials");
  CHECK(outcome(t, "ann", "guess") == "rate_limited");
  CHECK(outcome(t, "ann") == "rate_limited");
  // Somebody else's failures block no other address.
  CHECK(outcome(t, "ann", kPassword, from("198.51.100.1")) == "ok");
}

TEST_CASE("the marks of passwords are bounded, and of all that they stand for") {
  SystemRandom random;
  auth::VerifiedPasswords verified(random);
  auth::VerifiedPasswords another(random);
  tables::User user;
  user.id = UserId{1};
  user.password_hash = "hash";
  const auto origin = from("192.0.2.1");
  const std::string mark = verified.mark(user, origin, Password("p"));
  CHECK(mark == verified.mark(user, origin, Password("p")));
  CHECK(mark != another.mark(user, origin, Password("p")));
  CHECK(mark != verified.mark(user, origin, Password("q")));
  CHECK(mark != verified.mark(user, from("192.0.2.2"), Password("p")));
  tables::User changed = user;
  changed.password_hash = "hash2";
  CHECK(mark != verified.mark(changed, origin, Password("p")));
  changed = user;
  changed.id = UserId{2};
  CHECK(mark != verified.mark(changed, origin, Password("p")));
  const SteadyTime now{};
  verified.add(mark, now);
  CHECK(verified.has(mark, now));
  for (size_t i = 0; i < auth::VerifiedPasswords::kMax; ++i)
    verified.add(std::to_string(i), now);
  CHECK_FALSE(verified.has(mark, now));
}
