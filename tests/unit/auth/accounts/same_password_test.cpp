// A new password is another one, in every way to set it but the operator's.
#include <catch2/catch.hpp>

#include "auth/accounts/changes/credential_change.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/recovery.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

template <typename T>
void check_unchanged(const Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::invalid);
  CHECK(result.error().name == "password_unchanged");
  CHECK(result.error().field == "new_password");
}

OneTimeSecret mailed_link(Instance& t) {
  REQUIRE(auth::forgot_password(t.services, "ann", {}));
  return secret_of(t, take_mail(t, tables::MailKind::reset_password, "ann@example.org"));
}

}  // namespace

TEST_CASE("changing the password to the same one is refused, after the present one was right") {
  Instance t;
  add_user(t, "ann");
  const auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  const auth::Tokens other = tokens_of(try_login(t, "ann"));
  const Password same(kPassword);
  const auth::Person caller = caller_of(t, tokens);
  CHECK(auth::change_password(t.services, caller, Password("wrong password"),
                              Password("wrong password"), {})
            .error()
            .name == "wrong_password");
  check_unchanged(auth::change_password(t.services, caller, same, same, {}));
  CHECK(is_alive(t, other));
  CHECK(mails(t).empty());

  // Without the present one, by a fresh login.
  auth::CredentialChange change;
  change.username = "anna";
  change.password.emplace(std::string(kPassword));
  check_unchanged(auth::change_credentials(t.services, caller, change, {}));
  CHECK(tables::fold(auth::view_account(t.services, tokens.user.id)->user.username) == "ann");
}

TEST_CASE("the same password is the same however its characters are sent") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const Password composed("caf\u00e9 battery staple");
  const Password decomposed("cafe\u0301 battery staple");
  REQUIRE(auth::set_password(t.services, ann.id, composed, {}));
  const auth::Person caller =
      caller_of(t, tokens_of(try_login(t, "ann", {}, "caf\u00e9 battery staple")));
  for (const Password* current : {&composed, &decomposed}) {
    for (const Password* wanted : {&composed, &decomposed})
      check_unchanged(auth::change_password(t.services, caller, *current, *wanted, {}));
  }
  CHECK(auth::change_password(t.services, caller, decomposed, Password("cafe battery staple"), {}));
}

TEST_CASE("a mailed link does not set the same password, and stays good") {
  Instance t;
  add_user(t, "ann");
  const OneTimeSecret link = mailed_link(t);
  check_unchanged(auth::reset_password(t.services, link, Password(kPassword), {}));
  CHECK(auth::reset_password(t.services, link, Password("another battery"), {}));
  CHECK(try_login(t, "ann", {}, "another battery"));
}

TEST_CASE("a stranger learns nothing of the password, and costs no hash") {
  Instance t;
  add_user(t, "ann");
  const uint64_t before = t.hasher.stats().done;
  const auto refused = auth::reset_password(t.services, OneTimeSecret(std::string(43, 'a')),
                                            Password(kPassword), {});
  CHECK(refused.error().name == "invalid_code");
  CHECK(t.hasher.stats().done == before);
}

TEST_CASE("a link that is over tells nothing of the password") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const OneTimeSecret link = mailed_link(t);
  SECTION("too old") {
    t.clock.advance(auth::kResetLife);
  }
  SECTION("to an address that is no longer the account's") {
    tables::User moved = ann;
    moved.email = "ann@new.example";
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::put_user(tx, moved);
      return {};
    }));
  }
  SECTION("ended with the sessions") {
    REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
  }
  SECTION("of an account that is disabled") {
    REQUIRE(auth::set_disabled(t.services, ann.id, true, {}));
  }
  const uint64_t before = t.hasher.stats().done;
  CHECK(auth::reset_password(t.services, link, Password(kPassword), {}).error().name ==
        "invalid_code");
  CHECK(t.hasher.stats().done == before);
}

TEST_CASE("an account without a password has nothing to compare") {
  Instance t;
  tables::User ann = add_user(t, "ann");
  ann.password_hash.clear();
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::put_user(tx, ann);
    return {};
  }));
  const OneTimeSecret link = mailed_link(t);
  const uint64_t before = t.hasher.stats().done;
  CHECK(auth::reset_password(t.services, link, Password(kPassword), {}));
  CHECK(t.hasher.stats().done == before + 1);
}

TEST_CASE("the operator may set the same password, which ends the sessions") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  CHECK(auth::set_password(t.services, ann.id, Password(kPassword), {}));
  CHECK_FALSE(is_alive(t, tokens));
}
