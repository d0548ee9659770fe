#include "auth/signin/login.h"

#include <catch2/catch.hpp>

#include "auth/accounts/changes/credential_change.h"
#include "auth/sessions/session_tokens.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using test::add_user;
using test::kPassword;
using namespace std::chrono_literals;

namespace {

void put(test::Instance& t, const tables::User& user) {
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::put_user(tx, user);
    return {};
  }));
}

tables::User get(test::Instance& t, UserId id) {
  auto view = auth::view_account(t.services, id);
  REQUIRE(view);
  return view->user;
}

}  // namespace

TEST_CASE("a foreign hash lets its owner in and is replaced by Argon2id on the way") {
  test::Instance t;
  tables::User user = add_user(t, "ann");
  // Made with python3's hashlib: pbkdf2_hmac("sha256", password, b"saltsalt", 1000) and
  // scrypt(password, salt=b"saltsalt", n=1024, r=8, p=1, dklen=64).
  user.password_hash =
      GENERATE(as<std::string>{},
               "pbkdf2:sha256:1000$saltsalt$"
               "daf2eb9b12bc60544e9c64cbea88a73b86df4f4da0bd3a697856f3ec75b3e57d",
               "pbkdf2_sha256$1000$saltsalt$2vLrmxK8YFROnGTL6oinO4bfT02gvTppeFbz7HWz5X0=",
               "scrypt:1024:8:1$saltsalt$"
               "cc71aa5f0a9589786e2ab2593b2a264e5302f5ffda9be28b2da5dab8533c5ee8d278fad565b248ca30a"
               "b540536611c178d056c9b235266a64bb1ff459da90195");
  put(t, user);
  CHECK_FALSE(auth::log_in(t.services, "ann", Password("wrong password"), std::nullopt, {}));
  CHECK(get(t, user.id).password_hash == user.password_hash);
  CHECK(auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {}));
  CHECK(get(t, user.id).password_hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  CHECK(t.counters.rehashes == 1);
  CHECK(auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {}));
  CHECK(t.counters.rehashes == 1);
}

TEST_CASE("a hash of a form that nobody knows lets nobody in") {
  test::Instance t;
  tables::User user = add_user(t, "ann");
  user.password_hash = GENERATE(as<std::string>{}, "", "plain", kPassword, "$argon2id$",
                                "scrypt:9:9:9$a$b", "pbkdf2:md5:1$salt$00",
                                "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA");
  put(t, user);
  const auto refused = auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().name == "invalid_credentials");
}

TEST_CASE("an unknown login costs a hash too, and reads the same") {
  test::Instance t;
  add_user(t, "ann");
  const uint64_t before = t.hasher.stats().done;
  const auto unknown = auth::log_in(t.services, "nobody", Password(kPassword), std::nullopt, {});
  const uint64_t between = t.hasher.stats().done;
  const auto wrong = auth::log_in(t.services, "ann", Password("wrong password"), std::nullopt, {});
  REQUIRE_FALSE(unknown);
  REQUIRE_FALSE(wrong);
  CHECK(between - before == t.hasher.stats().done - between);
  CHECK(unknown.error().message == wrong.error().message);
  CHECK(unknown.error().name == wrong.error().name);
}

TEST_CASE("a username is never taken for an email, nor an email for a username") {
  test::Instance t;
  auth::NewAccount account;
  account.username = "ann";
  account.email = "bob@example.org";
  account.password = Password(kPassword);
  REQUIRE(auth::create_account(t.services, account, {}));
  CHECK(auth::log_in(t.services, "bob@example.org", Password(kPassword), std::nullopt, {}));
  CHECK_FALSE(auth::log_in(t.services, "bob", Password(kPassword), std::nullopt, {}));
  CHECK_FALSE(auth::log_in(t.services, "ann@", Password(kPassword), std::nullopt, {}));
  CHECK_FALSE(auth::log_in(t.services, "", Password(kPassword), std::nullopt, {}));
}

TEST_CASE("a new password ends the sessions that began with the old one") {
  test::Instance t;
  const tables::User user = add_user(t, "ann");
  const auto here = auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {});
  const auto there = auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {});
  REQUIRE(here);
  REQUIRE(there);
  const auto token = [](const auto& outcome) {
    return std::get<auth::Tokens>(*outcome).access.reveal();
  };
  const auto alive = [&](const auto& outcome) {
    return auth::authenticate(t.services, token(outcome), t.clock.now()).has_value();
  };
  const auto caller = auth::authenticate(t.services, token(here), t.clock.now());
  REQUIRE(caller);
  const Password fresh("another password");
  CHECK_FALSE(auth::change_password(t.services, *caller, Password("wrong one"), fresh, {}));
  CHECK(alive(there));
  REQUIRE(auth::change_password(t.services, *caller, Password(kPassword), fresh, {}));
  CHECK(alive(here));
  CHECK_FALSE(alive(there));
  REQUIRE(auth::set_password(t.services, user.id, Password("a third password"), {}));
  CHECK_FALSE(alive(here));
}

TEST_CASE("the last activity is written once a minute at most") {
  test::Instance t;
  const tables::User user = add_user(t, "ann");
  REQUIRE(auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {}));
  const Time first = get(t, user.id).last_activity;
  CHECK(first == t.clock.now());
  t.clock.advance(59s);
  REQUIRE(auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {}));
  CHECK(get(t, user.id).last_activity == first);
  t.clock.advance(1s);
  REQUIRE(auth::log_in(t.services, "ann", Password(kPassword), std::nullopt, {}));
  CHECK(get(t, user.id).last_activity == t.clock.now());
}
