// A session that ended after its request was let in: another request of the same moment ended it,
// and what it asked for is not done.
#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/changes/email_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/names/identities.h"
#include "auth/accounts/profile/avatars.h"
#include "auth/core/one_time_codes.h"
#include "auth/signin/reauthentication.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;

namespace {

OneTimeSecret code_of(const auth::TotpSetup& setup, Time now) {
  const SecretKey secret(base32_decode(setup.secret.reveal()).value());
  return OneTimeSecret(crypto::totp_code(secret, crypto::totp_step(now)));
}

template <typename T>
void check_is_over(const Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::unauthenticated);
  CHECK(result.error().name == "invalid_token");
}

}  // namespace

TEST_CASE("a request whose session another one has ended does nothing") {
  Instance t;
  add_user(t, "ann");
  const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
  const auth::Person first = caller_of(t, tokens_of(try_login(t, "ann")));
  const auto setup = auth::begin_totp(t.services, caller);
  REQUIRE(setup);
  const auto key = auth::add_api_key(t.services, caller.user().id, {}, {"ci", {"verify"}}, {});
  REQUIRE(key);
  const OneTimeSecret code = code_of(*setup, t.clock.now());
  const Password old(kPassword);
  const Password fresh("another password");

  SECTION("another password") {
    REQUIRE(auth::change_password(t.services, first, old, fresh, {}));
    check_is_over(auth::change_password(t.services, caller, old, Password("a third password"), {}));
  }
  SECTION("the password is still the same") {
    REQUIRE(auth::end_all_sessions(t.services, caller.user().id, {}));
    check_is_over(auth::change_password(t.services, caller, old, fresh, {}));
  }
  SECTION("everything else") {
    REQUIRE(auth::change_password(t.services, first, old, fresh, {}));
    check_is_over(auth::confirm_totp(t.services, caller, code, {}));
    check_is_over(auth::begin_totp(t.services, caller));
    check_is_over(auth::remove_factor(t.services, caller, auth::Method::totp, {}));
    check_is_over(auth::renew_recovery_codes(t.services, caller, {}));
    check_is_over(auth::begin_email_change(t.services, caller, "new@example.org", {}));
    check_is_over(auth::unlink_identity(t.services, caller, "fake", {}));
    auth::CredentialChange change;
    change.username = "anna";
    check_is_over(auth::change_credentials(t.services, caller, change, {}));
    auth::ProfileChange names;
    names.first_name = "Anna";
    check_is_over(auth::change_own_profile(t.services, caller, names, {}));
    check_is_over(auth::keep_avatar(t.services, caller, {}, {}));
    check_is_over(auth::remove_avatar(t.services, caller.user().id, {}, &caller));
    check_is_over(auth::delete_own_account(t.services, caller, {}));
    const UserId ann = caller.user().id;
    const std::string session = caller.session().id;
    CHECK(auth::revoke_api_key(t.services, ann, key->key.number, {}, session).error().code ==
          ErrorCode::unauthenticated);
    CHECK(auth::revoke_api_keys(t.services, ann, {}, session).error().code ==
          ErrorCode::unauthenticated);
    CHECK(auth::list_api_keys(t.services, ann)->size() == 1);
    CHECK_FALSE(auth::view_account(t.services, ann)->user.mfa_enabled);
    CHECK(try_login(t, "ann", {}, "another password"));
  }
  SECTION("a cookie is told as a cookie") {
    REQUIRE(auth::end_all_sessions(t.services, caller.user().id, {}));
    const auth::Person browser(std::make_shared<const auth::Standing>(auth::Standing{
                                   caller.user(), caller.session(), {}, nullptr, {}, {}}),
                               auth::Credential::cookie);
    CHECK(auth::begin_totp(t.services, browser).error().name == "invalid_session");
  }
}

TEST_CASE("of two sessions that confirm an app at once, one does") {
  Instance t;
  add_user(t, "ann");
  const auth::Person one = caller_of(t, tokens_of(try_login(t, "ann")));
  const auth::Person two = caller_of(t, tokens_of(try_login(t, "ann")));
  const auto setup = auth::begin_totp(t.services, one);
  REQUIRE(setup);
  const OneTimeSecret code = code_of(*setup, t.clock.now());
  REQUIRE(auth::confirm_totp(t.services, one, code, {}));
  check_is_over(auth::confirm_totp(t.services, two, code, {}));
}

TEST_CASE("who is reauthenticated must still be signed in") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
  REQUIRE(auth::end_all_sessions(t.services, ann, {}));
  check_is_over(auth::reauthenticate(t.services, caller, Password(kPassword), std::nullopt, {}));
}
