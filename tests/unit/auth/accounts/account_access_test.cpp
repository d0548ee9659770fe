#include "auth/accounts/factors/account_access.h"

#include "auth/accounts/names/known_owner.h"
#include "auth/core/key_reach.h"
#include "auth/sessions/roles.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

auth::AccountAccess access_of(Instance& t, UserId id) {
  const auto access = auth::account_access(t.services, id);
  REQUIRE(access);
  return *access;
}

void fail(Instance& t, const char* name, const std::string& address) {
  REQUIRE_FALSE(try_login(t, name, from(address.c_str()), "wrong password"));
}

Result<auth::AccountView> set_verified(Instance& t, UserId id, bool is_verified,
                                       const auth::Origin& origin = {}) {
  auth::ProfileChange change;
  change.email_verified = is_verified;
  return auth::change_profile(t.services, id, change, origin);
}

size_t count_actions(Instance& t, std::string_view action) {
  auth::AuditFilter filter;
  filter.action = action;
  return auth::list_audit(t.services, filter)->size();
}

}  // namespace

TEST_CASE("the failures of an account are seen, with how long it waits, until they are forgotten") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  CHECK(access_of(t, ann.id).has_password);
  CHECK(access_of(t, ann.id).lock.failures == 0);
  // From many addresses, so that only the name waits.
  for (int i = 1; i <= 21; ++i)
    fail(t, "ann", "198.51.100." + std::to_string(i));
  const auth::AccountLock lock = access_of(t, ann.id).lock;
  CHECK(lock.failures == 21);
  CHECK(lock.until == t.clock.now() + 1s);
  CHECK_FALSE(lock.is_barred);
  t.clock.advance(1s);
  CHECK(access_of(t, ann.id).lock.until == Time{});
  REQUIRE(auth::unlock(t.services, ann.id, {}));
  CHECK(access_of(t, ann.id).lock.failures == 0);
}

TEST_CASE("after too many failures in a row an account is seen to be barred") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  for (int i = 1; i <= 100; ++i) {
    fail(t, "ann", "198.51." + std::to_string(i) + ".1");
    t.clock.advance(31s);
  }
  const auth::AccountLock lock = access_of(t, ann.id).lock;
  CHECK(lock.failures == 100);
  CHECK(lock.is_barred);
  // Nothing can be mailed to it, so this ends.
  CHECK(lock.until > t.clock.now());
}

TEST_CASE("nobody's access is not there") {
  Instance t;
  CHECK(auth::account_access(t.services, UserId{99}).error().code == ErrorCode::not_found);
}

TEST_CASE("an administrator says that an email is the person's, or that it is not") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auto verified = set_verified(t, ann.id, true);
  REQUIRE(verified);
  CHECK(auth::is_owner_known(verified->user));
  CHECK(count_actions(t, "email_verified") == 1);
  CHECK(count_actions(t, "profile_changed") == 0);
  REQUIRE(set_verified(t, ann.id, true));
  CHECK(count_actions(t, "email_verified") == 1);
  const auto taken_back = set_verified(t, ann.id, false);
  REQUIRE(taken_back);
  CHECK_FALSE(taken_back->user.email_verified);
  CHECK(count_actions(t, "email_unverified") == 1);
  // A new email is not verified, unless that is said of it.
  REQUIRE(set_verified(t, ann.id, true));
  auth::ProfileChange change;
  change.email = "ann@example.net";
  CHECK_FALSE(auth::change_profile(t.services, ann.id, change, {})->user.email_verified);
  change.email = "ann@example.com";
  change.email_verified = true;
  CHECK(auth::change_profile(t.services, ann.id, change, {})->user.email_verified);
}

TEST_CASE("an account without an email has none to verify") {
  Instance t;
  const auto ann =
      auth::create_account(t.services, {"ann", "", Password(kPassword), "", "", ""}, {});
  REQUIRE(ann);
  const auto refused = set_verified(t, ann->id, true);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "email_verified");
  CHECK(set_verified(t, ann->id, false));
}

TEST_CASE("an API key verifies no administrator's email, and not its own user's") {
  Instance t;
  const tables::User root = add_user(t, "root");
  const tables::User ann = add_user(t, "ann");
  auth::Origin origin;
  origin.actor = root.id;
  origin.by_api_key = true;
  CHECK(set_verified(t, root.id, true, origin).error().name == "beyond_api_key");
  CHECK(set_verified(t, ann.id, true, origin));
}

TEST_CASE("where emails must be verified, the last administrator's stays so") {
  config::Config config = Instance::default_config();
  config.signup.require_verified_email = true;
  Instance t(config);
  auth::NewAccount account{"root", "root@example.org", Password(kPassword), "", "", ""};
  account.roles = {std::string(auth::kAdminRole)};
  const auto root = auth::create_account(t.services, account, {});
  REQUIRE(root);
  REQUIRE(set_verified(t, root->id, true));
  CHECK(set_verified(t, root->id, false).error().name == "last_administrator");
}
