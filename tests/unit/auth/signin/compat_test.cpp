// What a session is of by the API that made it: how long its tokens live, how they are renewed, and
// when it ends by itself.
#include "config/compat.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/mails.h"
#include "auth/sessions/activity_writer.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/recovery.h"
#include "support/people.h"
#include "tables/expiry.h"
#include "tables/sessions.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using tables::MailKind;

namespace {

auth::Origin by(std::string_view api) {
  auth::Origin origin;
  origin.client = api;
  return origin;
}

auth::Tokens log_in(Instance& t, std::string_view api, const char* name = "ann") {
  return tokens_of(try_login(t, name, by(api)));
}

// Uses the token as a request does, with what the background job writes down of it.
bool use(Instance& t, const auth::Tokens& tokens) {
  const bool is_good = test::is_alive(t, tokens);
  REQUIRE(auth::write_activity(t.services));
  return is_good;
}

size_t sweep(Instance& t) {
  size_t removed = 0;
  while (true) {
    const auto swept = tables::sweep_expired(t.store, t.clock.now());
    REQUIRE(swept);
    removed += swept->removed;
    if (!swept->more) return removed;
  }
}

bool has_row(Instance& t, const std::string& id) {
  return *t.store.read(
      [&](store::ReadTxn& tx) -> Result<bool> { return tables::find_session(tx, id).has_value(); });
}

std::string session_of(Instance& t, const auth::Tokens& tokens) {
  return caller_of(t, tokens).session().id;
}

std::string renew(Instance& t, const std::string& token) {
  const auto caller = auth::authenticate(t.services, token, t.clock.now());
  if (!caller) return "";
  auto renewed = auth::renew_token(t.services, *caller, token);
  REQUIRE(renewed);
  return std::string(renewed->reveal());
}

Milliseconds life_of(Instance& t, std::string_view token) {
  const auto claims = auth::read_claims(t.services, token);
  REQUIRE(claims);
  return (*claims)->expires_at - (*claims)->issued_at;
}

}  // namespace

TEST_CASE("tokens live as long as the API that made them says") {
  Instance t;
  add_user(t, "ann");
  CHECK(log_in(t, "").expires_in == 15min);
  CHECK(log_in(t, config::kSecureauth).expires_in == 1h);
  CHECK(log_in(t, config::kFacade).expires_in == 35min);
  CHECK(log_in(t, config::kFastapi).expires_in == 15min);
  CHECK(log_in(t, config::kOauthapp).expires_in == 30min);
}

TEST_CASE("a session is over with the last token that can come of it") {
  Instance t;
  add_user(t, "ann");
  const auto end_of = [&](std::string_view api) {
    const auth::Person caller = caller_of(t, log_in(t, api));
    return caller.session().expires_at - t.clock.now();
  };
  CHECK(end_of(config::kSecureauth) == 1h);
  CHECK(end_of(config::kFacade) == 36min);
  CHECK(end_of(config::kOauthapp) == 24h);
  CHECK(end_of("") == 30 * 24h);
}

TEST_CASE("a token of facade is renewed for as long as it is used") {
  Instance t;
  add_user(t, "ann");
  std::string token(log_in(t, config::kFacade).access.reveal());
  for (int i = 0; i < 50; ++i) {
    t.clock.advance(30min);
    const std::string next = renew(t, token);
    REQUIRE_FALSE(next.empty());
    CHECK(next != token);
    CHECK(life_of(t, next) == 35min);
    token = next;
  }
  t.clock.advance(35min);
  CHECK(renew(t, token).empty());
}

TEST_CASE("every renewal gives a token of its full life, and most write nothing") {
  Instance t;
  add_user(t, "ann");
  std::string token(log_in(t, config::kFacade).access.reveal());
  std::string row;
  int writes = 0;
  for (int i = 0; i < 120; ++i) {
    t.clock.advance(5s);
    token = renew(t, token);
    CHECK(life_of(t, token) == 35min);
    const auto caller = auth::authenticate(t.services, token, t.clock.now());
    REQUIRE(caller);
    const std::string now = tables::encode_row(caller->session());
    if (now != row) writes += 1;
    row = now;
  }
  CHECK(writes <= 11);  // ten minutes, one each
}

TEST_CASE("a session is renewed until its greatest age") {
  config::Config config = Instance::default_config();
  config.tokens.session_max_age = 1h;
  Instance t(config);
  add_user(t, "ann");
  std::string token(log_in(t, config::kFacade).access.reveal());
  t.clock.advance(30min);
  token = renew(t, token);
  CHECK(life_of(t, token) == 30min);
  t.clock.advance(29min);
  token = renew(t, token);
  CHECK(life_of(t, token) == 1min);
  t.clock.advance(1min);
  CHECK(renew(t, token).empty());
}

TEST_CASE("a token of another API is never renewed by use") {
  Instance t;
  add_user(t, "ann");
  for (const std::string_view api : {std::string_view(), config::kSecureauth, config::kOauthapp}) {
    const std::string token(log_in(t, api).access.reveal());
    t.clock.advance(5min);
    CHECK(renew(t, token) == token);
  }
}

TEST_CASE("what ended at the same moment is not renewed") {
  Instance t;
  add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, config::kFacade);
  const auth::Person caller = caller_of(t, tokens);
  t.clock.advance(5min);
  REQUIRE(auth::end_session(t.services, caller.session().id, {}));
  const auto renewed = auth::renew_token(t.services, caller, tokens.access.reveal());
  REQUIRE_FALSE(renewed);
  CHECK(renewed.error().name == "invalid_token");
}

TEST_CASE("a refresh of oauthapp moves the end by a day") {
  Instance t;
  add_user(t, "ann");
  auth::Tokens tokens = log_in(t, config::kOauthapp);
  t.clock.advance(15min);
  auto next = auth::refresh(t.services, tokens.refresh, {});
  REQUIRE(next);
  CHECK(next->expires_in == 30min);
  CHECK(caller_of(t, *next).session().expires_at == t.clock.now() + 24h);
}

TEST_CASE("a session of oauthapp whose user is idle is refused at once and removed by the job") {
  Instance t;
  add_user(t, "ann");
  auth::Tokens idle = log_in(t, config::kOauthapp);
  const std::string id = session_of(t, idle);
  t.clock.advance(20min);
  CHECK(use(t, idle));
  for (int i = 0; i < 5; ++i) {
    t.clock.advance(10min);
    sweep(t);
    auto refreshed = auth::refresh(t.services, idle.refresh, {});
    REQUIRE(refreshed);
    idle = std::move(*refreshed);
    CHECK(use(t, idle));
  }
  CHECK(has_row(t, id));
  t.clock.advance(21min);
  CHECK_FALSE(test::is_alive(t, idle));
  CHECK_FALSE(auth::refresh(t.services, idle.refresh, {}));
  CHECK(has_row(t, id));
  CHECK(sweep(t) > 0);
  CHECK_FALSE(has_row(t, id));
}

TEST_CASE("the job leaves the sessions of other APIs and of users who are there") {
  Instance t;
  add_user(t, "ann");
  add_user(t, "bob");
  const auth::Tokens secureauth = log_in(t, config::kSecureauth);
  const auth::Tokens oauthapp = log_in(t, config::kOauthapp, "bob");
  const std::string first = session_of(t, secureauth);
  const std::string second = session_of(t, oauthapp);
  for (int i = 0; i < 4; ++i) {
    t.clock.advance(7min);
    CHECK(use(t, oauthapp));
    sweep(t);
  }
  CHECK(test::is_alive(t, secureauth));
  CHECK(has_row(t, first));
  CHECK(has_row(t, second));
  // Also when the user is deleted, the row goes by the sweep.
  t.clock.advance(22min);
  sweep(t);
  CHECK_FALSE(has_row(t, second));
  CHECK(has_row(t, first));
}

TEST_CASE("links live as long as the API that asked for them says") {
  Instance t;
  auth::NewAccount account;
  account.username = "ann";
  account.email = "ann@example.org";
  account.password = Password(kPassword);
  const auto signed_up =
      auth::sign_up(t.services, account, by(config::kOauthapp), auth::AfterSignup::confirm_email);
  REQUIRE(signed_up);
  CHECK_FALSE(*signed_up);
  const tables::Mail mail = take_mail(t, MailKind::verify_email, "ann@example.org");
  CHECK(mail.client == config::kOauthapp);
  const OneTimeSecret link = secret_of(t, mail);
  SECTION("within an hour") {
    t.clock.advance(1h - 1ms);
    REQUIRE(auth::verify_email(t.services, link, {}, {}));
    tokens_of(try_login(t, "ann"));
  }
  SECTION("after it") {
    t.clock.advance(1h);
    CHECK_FALSE(auth::verify_email(t.services, link, {}, {}));
    CHECK(try_login(t, "ann").error().name == "invalid_credentials");
    CHECK(try_login(t, "ann", {}, "wrong password").error().name == "invalid_credentials");
  }
  SECTION("a reset link") {
    REQUIRE(auth::forgot_password(t.services, "ann", by(config::kOauthapp)));
    const OneTimeSecret reset =
        secret_of(t, take_mail(t, MailKind::reset_password, "ann@example.org"));
    t.clock.advance(10min);
    CHECK_FALSE(auth::reset_password(t.services, reset, Password("another battery"), {}));
    // That of the canonical API has longer.
    REQUIRE(auth::forgot_password(t.services, "ann", {}));
    const OneTimeSecret longer =
        secret_of(t, take_mail(t, MailKind::reset_password, "ann@example.org"));
    t.clock.advance(10min);
    CHECK(auth::reset_password(t.services, longer, Password("another battery"), {}));
    // It proved the address: the account is active.
    tokens_of(try_login(t, "ann", {}, "another battery"));
  }
}

TEST_CASE("a code beside the password goes only to who proved the password") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auto send = [&] { return auth::send_second_code(t.services, "ann@example.org", {}, true); };
  const auto verify = [&](std::string_view code, const char* password = kPassword) {
    auth::PasswordAndCode proof{"ann", "ann@example.org", Password(password),
                                OneTimeSecret(std::string(code))};
    return auth::log_in_by_password_and_code(t.services, proof, std::nullopt, {});
  };
  REQUIRE(send());
  CHECK(mails(t).size() == 1);
  CHECK(mails(t)[0].kind == MailKind::nobody);
  tokens_of(try_login(t, "ann"));
  t.clock.advance(auth::kResendPause);
  SECTION("in time") {
    REQUIRE(send());
    const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, "ann@example.org"));
    CHECK(verify(code.reveal(), "wrong password").error().name == "invalid_code");
    const auth::Tokens tokens = tokens_of(verify(code.reveal()));
    CHECK(caller_of(t, tokens).session().amr == std::vector<std::string>{"pwd", "otp", "mfa"});
    CHECK(verify(code.reveal()).error().name == "invalid_code");
  }
  SECTION("too late") {
    t.clock.advance(auth::kChallengeLife);
    REQUIRE(send());
    CHECK(mails(t).size() == 2);
    CHECK(mails(t)[1].kind == MailKind::nobody);
  }
  SECTION("a stranger does not take away the code that was sent") {
    REQUIRE(send());
    const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, "ann@example.org"));
    t.clock.advance(2 * auth::kResendPause);
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      auto user = tables::find_user(tx, ann.id);
      user->password_proved_at = Time{};
      tables::put_user(tx, *user);
      return {};
    }));
    REQUIRE(send());
    tokens_of(verify(code.reveal()));
  }
}

TEST_CASE("username and password change together or not at all") {
  Instance t;
  add_user(t, "ann");
  add_user(t, "bob");
  const auth::Tokens tokens = log_in(t, config::kFacade);
  auth::CredentialChange change;
  change.username = "bob";
  change.password.emplace("another battery");
  CHECK(auth::change_credentials(t.services, caller_of(t, tokens), change, {}).error().name ==
        "username_taken");
  tokens_of(try_login(t, "ann"));
  change.username = "anna";
  t.clock.advance(20min);  // the proof is not fresh any more
  CHECK(auth::change_credentials(t.services, caller_of(t, tokens), change, {}).error().name ==
        "reauthentication_required");
  change.current_password.emplace("wrong password");
  CHECK(auth::change_credentials(t.services, caller_of(t, tokens), change, {}).error().name ==
        "wrong_password");
  tokens_of(try_login(t, "ann"));
  change.current_password.emplace(kPassword);
  REQUIRE(auth::change_credentials(t.services, caller_of(t, tokens), change, {}));
  CHECK(test::is_alive(t, tokens));
  tokens_of(try_login(t, "anna", {}, "another battery"));
  CHECK_FALSE(try_login(t, "ann", {}, "another battery"));
}
