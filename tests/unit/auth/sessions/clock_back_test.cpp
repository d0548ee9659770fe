// The clock was ahead for a while, and was set back: what was made then is not good until that day
// comes, and nothing waits for it.
#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/account/setup.h"
#include "auth/accounts/changes/email_change.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/step_up.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/recovery.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using tables::MailKind;

namespace {

constexpr const char* kAnn = "ann@example.org";
constexpr Milliseconds kYear = 365 * 24h;

}  // namespace

TEST_CASE("a link that was mailed while the clock was ahead is void when it is put right") {
  Instance t;
  add_user(t, "ann");
  const int minutes = GENERATE(365 * 24 * 60, 120, 1, 0);
  CAPTURE(minutes);
  t.clock.advance(kYear);
  SECTION("a login") {
    auto binding = auth::send_magic_link(t.services, kAnn, {});
    REQUIRE(binding);
    const auto token = secret_of(t, take_mail(t, MailKind::magic_link, kAnn));
    t.clock.advance(-std::chrono::minutes(minutes));
    const auto outcome = auth::log_in_by_link(t.services, token, *binding, {});
    CHECK(outcome.has_value() == (minutes <= 1));
  }
  SECTION("a reset") {
    REQUIRE(auth::forgot_password(t.services, kAnn, {}));
    const auto token = secret_of(t, take_mail(t, MailKind::reset_password, kAnn));
    t.clock.advance(-std::chrono::minutes(minutes));
    const auto done = auth::reset_password(t.services, token, Password("another one"), {});
    CHECK(done.has_value() == (minutes <= 1));
  }
}

TEST_CASE("a confirmation of a year ahead is void") {
  Instance t;
  add_user(t, "ann");
  t.clock.advance(kYear);
  REQUIRE(auth::send_verification(t.services, kAnn, {}));
  const auto token = secret_of(t, take_mail(t, MailKind::verify_email, kAnn));
  t.clock.advance(-kYear);
  CHECK(auth::verify_email(t.services, token, {}, {}).error().name == "invalid_code");
}

TEST_CASE("a login code of a year ahead is void, and another one is to be had at once") {
  Instance t;
  add_user(t, "ann");
  t.clock.advance(kYear);
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const auto early = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  t.clock.advance(-kYear);
  CHECK_FALSE(auth::log_in_by_code(t.services, kAnn, early, std::nullopt, {}));
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const auto code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  tokens_of(auth::log_in_by_code(t.services, kAnn, code, std::nullopt, {}));
}

TEST_CASE("an email change that was asked for a year ahead keeps nobody from asking again") {
  Instance t;
  add_user(t, "ann");
  const auto ask = [&] {
    const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
    return auth::begin_email_change(t.services, caller, "new@example.org", {});
  };
  t.clock.advance(kYear);
  REQUIRE(ask());
  CHECK_FALSE(ask());
  t.clock.advance(-kYear);
  CHECK(ask());
}

TEST_CASE("half a login of a year ahead is void") {
  config::Config config = Instance::default_config();
  config.mfa.email_otp = config::EmailOtp::required;
  Instance t(config);
  add_user(t, "ann");
  t.clock.advance(kYear);
  auto outcome = try_login(t, "ann");
  REQUIRE((outcome && std::holds_alternative<auth::MfaNeeded>(*outcome)));
  const auto code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  t.clock.advance(-kYear);
  const auto& token = std::get<auth::MfaNeeded>(*outcome).token;
  CHECK(auth::answer_challenge(t.services, token, typed(code.reveal()), {}).error().name ==
        "invalid_mfa_token");
}

TEST_CASE("an API key that was made while the clock was ahead is void until then") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const int hours = GENERATE(365 * 24, 23);
  t.clock.advance(kYear);
  const auto made = auth::add_api_key(t.services, ann, {}, {"ci", {"verify"}, 24h}, {});
  REQUIRE(made);
  t.clock.advance(-std::chrono::hours(hours));
  const auto caller = auth::authenticate_api_key(t.services, made->text.reveal(), t.clock.now());
  CHECK(caller.has_value() == (hours < 24));
}

TEST_CASE("a proof of the future is no fresh one") {
  Instance t;
  add_user(t, "ann");
  const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
  CHECK(auth::require_fresh_proof(caller, t.clock.now()));
  CHECK(auth::require_fresh_proof(caller, t.clock.now() - 1min));
  CHECK_FALSE(auth::require_fresh_proof(caller, t.clock.now() - 20h));
}

TEST_CASE("the set-up link of a year ahead is void") {
  Instance t;
  t.clock.advance(kYear);
  const auto link = auth::offer_setup(t.services);
  REQUIRE((link && *link));
  t.clock.advance(-kYear);
  auth::NewAccount account;
  account.username = "root";
  account.password = Password(kPassword);
  CHECK(auth::set_up(t.services, **link, account, {}).error().name == "invalid_code");
}

TEST_CASE("signing keys are changed by schedule after a clock that was ahead too") {
  config::Config config = Instance::default_config();
  config.tokens.rotate_every = 30 * 24h;
  Instance t(config);
  const auto rotate = [&] {
    const auto rotated = auth::rotate_when_due(t.services, t.clock.now());
    REQUIRE(rotated);
    return !rotated->empty();
  };
  t.clock.advance(kYear);
  CHECK(rotate());
  t.clock.advance(-kYear + 48h);
  // Nobody knows how old that key is.
  CHECK(rotate());
  CHECK_FALSE(rotate());
  t.clock.advance(31 * 24h);
  CHECK(rotate());
}
