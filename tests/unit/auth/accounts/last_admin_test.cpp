#include "auth/accounts/roles/last_admin.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/setup.h"
#include "auth/accounts/roles/role_grants.h"
#include "support/people.h"
#include "support/refusal.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

tables::User add_admin(Instance& t, const std::string& name) {
  tables::User user = add_user(t, name);
  REQUIRE(auth::grant_role(t.services, user.id, "admin", {}));
  return user;
}

// The three ways in which an administrator goes.
std::vector<std::function<std::string()>> ways(Instance& t, UserId id) {
  return {[&t, id] { return name_of(auth::revoke_role(t.services, id, "admin", {})); },
          [&t, id] { return name_of(auth::set_disabled(t.services, id, true, {})); },
          [&t, id] { return name_of(auth::delete_account(t.services, id, {})); }};
}

bool is_admin(Instance& t, UserId id) {
  const auto view = auth::view_account(t.services, id);
  return view && !view->user.disabled &&
         std::find(view->roles.begin(), view->roles.end(), "admin") != view->roles.end();
}

}  // namespace

TEST_CASE("the last administrator stays") {
  Instance t;
  const tables::User root = add_admin(t, "root");
  add_user(t, "ann");
  for (const auto& way : ways(t, root.id))
    CHECK(way() == "last_administrator");
  CHECK(is_admin(t, root.id));
  const auto refused = auth::set_disabled(t.services, root.id, true, {});
  CHECK(refused.error().code == ErrorCode::conflict);
}

TEST_CASE("an administrator may go while there is another one") {
  Instance t;
  const tables::User root = add_admin(t, "root");
  const tables::User other = add_admin(t, "other");
  const size_t way = GENERATE(0, 1, 2);
  CHECK(ways(t, root.id)[way]() == "ok");
  for (const auto& next : ways(t, other.id))
    CHECK(next() == "last_administrator");
}

TEST_CASE("who cannot sign in is no other administrator") {
  config::Config config = Instance::default_config();
  SECTION("disabled") {
    Instance t(config);
    const tables::User root = add_admin(t, "root");
    const tables::User other = add_admin(t, "other");
    REQUIRE(auth::set_disabled(t.services, other.id, true, {}));
    for (const auto& way : ways(t, root.id))
      CHECK(way() == "last_administrator");
    // The disabled one is not needed for anything.
    CHECK(ways(t, other.id)[GENERATE(0, 1, 2)]() == "ok");
  }
  SECTION("without a password or an address that one could be mailed to") {
    Instance t(config);
    const tables::User root = add_admin(t, "root");
    tables::User other = add_admin(t, "other");
    other = auth::view_account(t.services, other.id)->user;
    other.password_hash.clear();
    other.email.clear();
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::put_user(tx, other);
      return {};
    }));
    for (const auto& way : ways(t, root.id))
      CHECK(way() == "last_administrator");
  }
  SECTION("without a second factor that is required") {
    config.mfa.email_otp = config::EmailOtp::required;
    Instance t(config);
    const tables::User root = add_admin(t, "root");
    auth::NewAccount bare;
    bare.username = "bare";
    bare.password = Password(kPassword);
    bare.roles = {"admin"};
    REQUIRE(auth::create_account(t.services, bare, {}));
    for (const auto& way : ways(t, root.id))
      CHECK(way() == "last_administrator");
  }
  SECTION("with an email that has to be confirmed") {
    config.signup.require_verified_email = true;
    Instance t(config);
    const tables::User root = add_admin(t, "root");
    add_admin(t, "other");
    for (const auto& way : ways(t, root.id))
      CHECK(way() == "last_administrator");
  }
}

TEST_CASE("other roles, accounts and changes are nobody's last") {
  Instance t;
  const tables::User root = add_admin(t, "root");
  const tables::User ann = add_user(t, "ann");
  CHECK(auth::revoke_role(t.services, root.id, "user", {}));
  CHECK(auth::set_disabled(t.services, root.id, false, {}));
  CHECK(name_of(auth::revoke_role(t.services, ann.id, "admin", {})) == "ok");  // She has it not.
  CHECK(auth::set_disabled(t.services, ann.id, true, {}));
  CHECK(auth::delete_account(t.services, ann.id, {}));
  CHECK(auth::delete_account(t.services, UserId{99}, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("the operator may take the last administrator away, and make another") {
  Instance t;
  const tables::User root = add_admin(t, "root");
  using auth::LastAdmin;
  SECTION("demoted") {
    CHECK(auth::revoke_role(t.services, root.id, "admin", {}, LastAdmin::may_go));
    CHECK(auth::grant_role(t.services, root.id, "admin", {}));
  }
  SECTION("disabled") {
    CHECK(auth::set_disabled(t.services, root.id, true, {}, LastAdmin::may_go));
    CHECK(auth::set_disabled(t.services, root.id, false, {}));
  }
  SECTION("deleted") {
    CHECK(auth::delete_account(t.services, root.id, {}, LastAdmin::may_go));
    add_admin(t, "next");
    return;
  }
  CHECK(is_admin(t, root.id));
}

TEST_CASE("a witness that is gone by the write counts no longer") {
  Instance t;
  const tables::User root = add_admin(t, "root");
  const tables::User other = add_admin(t, "other");
  const auto mine = auth::find_admin_witness(t.services, root.id, auth::LastAdmin::stays);
  const auto theirs = auth::find_admin_witness(t.services, other.id, auth::LastAdmin::stays);
  REQUIRE(mine);
  REQUIRE(theirs);
  CHECK(mine->other == other.id);
  const auto decide = [&](const auth::AdminWitness& witness, UserId id) {
    return t.store.read([&](store::ReadTxn& tx) {
      return auth::check_admin_witness(t.services, tx, witness, tables::find_user(tx, id).value());
    });
  };
  CHECK(decide(*mine, root.id));
  REQUIRE(auth::revoke_role(t.services, root.id, "admin", {}));
  // Both were looked at when both were administrators; one of the two writes comes second.
  const auto second = decide(*theirs, other.id);
  REQUIRE_FALSE(second);
  CHECK(second.error().name == "administrators_changed");
}

TEST_CASE("who becomes an administrator after the look is looked at again") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auto before = auth::find_admin_witness(t.services, ann.id, auth::LastAdmin::stays);
  REQUIRE(before);
  CHECK_FALSE(before->other);
  REQUIRE(auth::grant_role(t.services, ann.id, "admin", {}));
  const auto checked = t.store.read([&](store::ReadTxn& tx) {
    return auth::check_admin_witness(t.services, tx, *before,
                                     tables::find_user(tx, ann.id).value());
  });
  CHECK(checked.error().name == "administrators_changed");
}

TEST_CASE("the last administrator is not locked out by an address that is not confirmed") {
  config::Config config = Instance::default_config();
  const bool asks = GENERATE(false, true);
  config.signup.require_verified_email = asks;
  Instance t(config);
  const tables::User root = add_admin(t, "root");
  auth::ProfileChange typo;
  typo.email = "typo@example.org";
  CHECK(name_of(auth::change_profile(t.services, root.id, typo, {})) ==
        (asks ? "last_administrator" : "ok"));
  auth::ProfileChange name;
  name.first_name = "Root";
  CHECK(name_of(auth::change_profile(t.services, root.id, name, {})) == "ok");
}
