#include "auth/accounts/profile/avatars.h"
#include "auth/accounts/account/sign_up.h"

#include <catch2/catch.hpp>

#include "auth/upkeep/check.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

template <typename F>
void write(Instance& t, F act) {
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    act(tx);
    return {};
  }));
}

// As set_avatar() leaves it; the decoder is tested in unit/media and http/avatar_test.py.
void give_avatar(Instance& t, tables::User user) {
  tables::Avatar avatar;
  avatar.jpeg = "\xff\xd8\xff…\xff\xd9";
  avatar.version = auth::avatar_version(avatar.jpeg);
  user.avatar_version = avatar.version;
  write(t, [&](store::WriteTxn& tx) {
    tables::put_user(tx, user);
    tables::avatars.put(tx, tables::big_endian(user.id.value), avatar);
  });
}

std::vector<std::string> findings(Instance& t) {
  const auto report = auth::check_store(t.services);
  REQUIRE(report);
  return report->findings;
}

}  // namespace

TEST_CASE("an avatar goes with its user, and when it is removed") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User bob = add_user(t, "bob");
  give_avatar(t, ann);
  give_avatar(t, bob);
  CHECK(findings(t).empty());
  REQUIRE(auth::find_avatar(t.services, ann.id));
  REQUIRE(auth::remove_avatar(t.services, ann.id, {}));
  REQUIRE(auth::remove_avatar(t.services, ann.id, {}));
  CHECK(auth::find_avatar(t.services, ann.id).error().code == ErrorCode::not_found);
  REQUIRE(auth::delete_account(t.services, bob.id, {}));
  CHECK(auth::find_avatar(t.services, bob.id).error().code == ErrorCode::not_found);
  CHECK(auth::remove_avatar(t.services, bob.id, {}).error().code == ErrorCode::not_found);
  CHECK(findings(t).empty());
}

TEST_CASE("removing also forgets an address that an import brought along") {
  Instance t;
  tables::User ann = add_user(t, "ann");
  ann.avatar_url = "https://example.org/ann.png";
  write(t, [&](store::WriteTxn& tx) { tables::put_user(tx, ann); });
  REQUIRE(auth::remove_avatar(t.services, ann.id, {}));
  CHECK(auth::view_account(t.services, ann.id)->user.avatar_url.empty());
}

TEST_CASE("the check finds avatars and phone numbers that do not fit their users") {
  Instance t;
  tables::User ann = add_user(t, "ann");
  give_avatar(t, ann);
  write(t, [&](store::WriteTxn& tx) { tables::avatars.del(tx, tables::big_endian(ann.id.value)); });
  CHECK(findings(t).size() == 1);
  write(t, [&](store::WriteTxn& tx) { tables::avatars.put(tx, tables::big_endian(99), {}); });
  CHECK(findings(t).size() == 2);
  write(t, [&](store::WriteTxn& tx) { tables::phones.put(tx, "+4930123456", {ann.id.value, {}}); });
  CHECK(findings(t).size() == 3);
}

TEST_CASE("where an email is not told of, neither is a phone number") {
  config::Config config = Instance::default_config();
  config.signup.require_verified_email = true;
  Instance t(config);
  auth::NewAccount account;
  account.username = "ann";
  account.email = "ann@example.org";
  account.password = Password(kPassword);
  account.phone_number = "+4930123456";
  REQUIRE(auth::sign_up(t.services, account, {}));
  account.username = "eve";
  account.email = "eve@example.org";
  account.password = Password(kPassword);
  const auto second = auth::sign_up(t.services, account, {});
  REQUIRE(second);
  CHECK_FALSE(*second);
  CHECK(auth::find_account(t.services, "ann")->phone_number == "+4930123456");
  CHECK(auth::find_account(t.services, "eve")->phone_number.empty());
  CHECK(findings(t).empty());
}

TEST_CASE("only what has the frame and size of an avatar is taken for one") {
  CHECK(auth::is_avatar("\xff\xd8\xff\xff\xd9"));
  CHECK_FALSE(auth::is_avatar(""));
  CHECK_FALSE(auth::is_avatar("\xff\xd8\xff"));
  CHECK_FALSE(auth::is_avatar("<html>\xff\xd9"));
  CHECK_FALSE(auth::is_avatar("\xff\xd8\xff" + std::string(100'000, 'x') + "\xff\xd9"));
}
