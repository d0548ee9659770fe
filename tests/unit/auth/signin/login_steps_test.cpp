#include "auth/signin/login_steps.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/basic_login.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/recovery.h"
#include "auth/signin/step_answer.h"
#include "base/encoding.h"
#include "config/compat.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using auth::LoginStep;
using auth::LoginSteps;

namespace {

constexpr const char* kOther = "another fine password 7";

config::Config with_terms(const char* version) {
  config::Config config = Instance::default_config();
  config.terms.version = version;
  if (*version != '\0') config.terms.url = "https://example.org/terms";
  return config;
}

auth::StepAnswers accepting(const char* version) {
  auth::StepAnswers given;
  given.terms_version = version;
  return given;
}

auth::StepAnswers setting(const char* password) {
  auth::StepAnswers given;
  given.new_password.emplace(password);
  return given;
}

struct House {
  Instance t;
  tables::User ann;

  explicit House(const char* terms = "") : t(with_terms(terms)), ann(add_user(t, "ann")) {}

  tables::User user() {
    auto view = auth::view_account(t.services, ann.id);
    REQUIRE(view);
    return view->user;
  }
  void must_change(bool wanted = true) {
    auth::ProfileChange change;
    change.must_change_password = wanted;
    REQUIRE(auth::change_profile(t.services, ann.id, change, {}));
  }
  auth::StepsNeeded waits(Result<auth::LoginOutcome> outcome) {
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<auth::StepsNeeded>(*outcome));
    return std::get<auth::StepsNeeded>(std::move(*outcome));
  }
  auth::StepsNeeded log_in(const char* password = kPassword) {
    return waits(try_login(t, "ann", {}, password));
  }
  Result<auth::LoginOutcome> answer(const OneTimeSecret& token, const auth::StepAnswers& given) {
    return auth::answer_steps(t.services, token, given, from("192.0.2.7"));
  }
  std::string refusal(const OneTimeSecret& token, const auth::StepAnswers& given) {
    const auto outcome = answer(token, given);
    return outcome ? "none" : outcome.error().name + "/" + outcome.error().field;
  }
  size_t sessions() {
    auto found = auth::list_sessions(t.services, ann.id, t.clock.now());
    REQUIRE(found);
    return found->size();
  }
  size_t challenges() {
    size_t count = 0;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      tables::challenges.scan(tx, "", "", [&](std::string_view, const tables::Challenge&) {
        count += 1;
        return true;
      });
      return {};
    }));
    return count;
  }
  // "outcome detail" of each entry with this action, the newest first.
  std::vector<std::string> audited(std::string_view action) {
    std::vector<std::string> found;
    auto entries = auth::list_audit(t.services, {});
    REQUIRE(entries);
    for (const tables::AuditEntry& entry : *entries)
      if (entry.action == action) found.push_back(entry.outcome + " " + entry.detail);
    return found;
  }
  // Sets an app up; the next code is a new one.
  SecretKey add_app() {
    const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
    const auto setup = auth::begin_totp(t.services, caller);
    REQUIRE(setup);
    SecretKey secret(base32_decode(setup->secret.reveal()).value());
    REQUIRE(auth::confirm_totp(t.services, caller, OneTimeSecret(code(secret)), {}));
    t.clock.advance(30s);
    return secret;
  }
  std::string code(const SecretKey& secret) {
    return crypto::totp_code(secret, crypto::totp_step(t.clock.now()));
  }
};

}  // namespace

TEST_CASE("a login without steps starts its session at once") {
  House h;
  tokens_of(try_login(h.t, "ann"));
  CHECK(h.sessions() == 1);
}

TEST_CASE("the terms are a step, and their acceptance is the session") {
  House h("2026-1");
  const auth::StepsNeeded needed = h.log_in();
  CHECK(needed.steps == LoginSteps{LoginStep::terms});
  CHECK(h.sessions() == 0);
  CHECK(h.audited("login") == std::vector<std::string>{"steps_needed "});
  // A wrong version, or none, is refused with the version and the address, and nothing is lost.
  CHECK(h.refusal(needed.token, accepting("2025-1")) == "terms_required/terms_version");
  CHECK(h.refusal(needed.token, {}) == "terms_required/terms_version");
  const auto wrong = h.answer(needed.token, accepting(""));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("2026-1") != std::string::npos);
  CHECK(wrong.error().message.find("https://example.org/terms") != std::string::npos);
  CHECK(h.user().terms_version.empty());

  const auth::Tokens tokens = tokens_of(h.answer(needed.token, accepting("2026-1")));
  CHECK(is_alive(h.t, tokens));
  CHECK(tokens.session.amr == std::vector<std::string>{"pwd"});
  CHECK(h.user().terms_version == "2026-1");
  CHECK(h.user().terms_accepted_at == h.t.clock.now());
  CHECK(h.audited("terms_accepted") == std::vector<std::string>{"ok 2026-1"});
  CHECK(h.audited("login_steps") == std::vector<std::string>{"ok "});
  // The token worked once, and a later login asks nothing.
  CHECK(h.refusal(needed.token, accepting("2026-1")) == "invalid_step_token/");
  tokens_of(try_login(h.t, "ann"));

  // Another version asks again; the sessions that there are go on.
  h.t.config.terms.version = "2026-2";
  CHECK(is_alive(h.t, tokens));
  CHECK(h.log_in().steps == LoginSteps{LoginStep::terms});
}

TEST_CASE("a new password is a step with the rules of a password, and not the old one") {
  House h;
  const auth::Tokens before = tokens_of(try_login(h.t, "ann"));
  h.must_change();
  CHECK(h.audited("password_change_required") == std::vector<std::string>{"ok "});
  CHECK(is_alive(h.t, before));
  const auth::StepsNeeded needed = h.log_in();
  CHECK(needed.steps == LoginSteps{LoginStep::password_change});
  CHECK(h.refusal(needed.token, {}) == "/new_password");
  CHECK(h.refusal(needed.token, setting("short")) == "weak_password/new_password");
  CHECK(h.refusal(needed.token, setting(kPassword)) == "password_unchanged/new_password");
  // The acceptance of terms that do not exist spoils the rest.
  auth::StepAnswers both = setting(kOther);
  both.terms_version = "1";
  CHECK(h.refusal(needed.token, both) == "/terms_version");
  CHECK(h.user().must_change_password);

  const auth::Tokens tokens = tokens_of(h.answer(needed.token, setting(kOther)));
  CHECK(is_alive(h.t, tokens));
  CHECK_FALSE(is_alive(h.t, before));
  CHECK_FALSE(h.user().must_change_password);
  CHECK(h.audited("password_changed") == std::vector<std::string>{"ok "});
  take_mail(h.t, tables::MailKind::password_changed, "ann@example.org");
  CHECK_FALSE(try_login(h.t, "ann"));
  tokens_of(try_login(h.t, "ann", {}, kOther));
}

TEST_CASE("what is accepted stays accepted, and the rest needs another token") {
  House h("1");
  h.must_change();
  const auth::StepsNeeded first = h.log_in();
  CHECK(first.steps == LoginSteps{LoginStep::terms, LoginStep::password_change});
  // One bad answer takes the other with it.
  auth::StepAnswers spoilt = accepting("1");
  spoilt.new_password.emplace("short");
  CHECK(h.refusal(first.token, spoilt) == "weak_password/new_password");
  CHECK(h.user().terms_version.empty());

  const auth::StepsNeeded second = h.waits(h.answer(first.token, accepting("1")));
  CHECK(second.steps == LoginSteps{LoginStep::password_change});
  CHECK(h.user().terms_version == "1");
  CHECK(h.sessions() == 0);
  CHECK(h.refusal(first.token, setting(kOther)) == "invalid_step_token/");
  // What is accepted already brings nothing further: the life of the challenge must not grow.
  CHECK(h.refusal(second.token, accepting("1")) == "/new_password");
  CHECK(is_alive(h.t, tokens_of(h.answer(second.token, setting(kOther)))));

  SECTION("in the other order") {
    h.must_change();
    h.t.config.terms.version = "2";
    const auth::StepsNeeded third = h.log_in(kOther);
    const auth::StepsNeeded fourth = h.waits(h.answer(third.token, setting(kPassword)));
    CHECK(fourth.steps == LoginSteps{LoginStep::terms});
    CHECK(is_alive(h.t, tokens_of(h.answer(fourth.token, accepting("2")))));
  }
  SECTION("both at once") {
    h.must_change();
    h.t.config.terms.version = "2";
    const auth::StepsNeeded third = h.log_in(kOther);
    auth::StepAnswers both = setting(kPassword);
    both.terms_version = "2";
    CHECK(is_alive(h.t, tokens_of(h.answer(third.token, both))));
    CHECK(h.challenges() == 0);
  }
}

TEST_CASE("steps come after the second factor, and no token does the work of another") {
  House h;
  const SecretKey app = h.add_app();
  h.t.config.terms.version = "1";
  h.must_change();
  auto outcome = try_login(h.t, "ann");
  REQUIRE(outcome);
  const auto factor = std::get<auth::MfaNeeded>(std::move(*outcome));
  CHECK(h.refusal(factor.token, accepting("1")) == "invalid_step_token/");
  CHECK(h.user().terms_version.empty());
  const auth::StepsNeeded needed = h.waits(
      auth::answer_challenge(h.t.services, factor.token, typed(h.code(app)), from("192.0.2.7")));
  CHECK(needed.steps == LoginSteps{LoginStep::terms, LoginStep::password_change});
  CHECK(h.challenges() == 1);
  h.t.clock.advance(30s);
  CHECK(auth::answer_challenge(h.t.services, needed.token, typed(h.code(app)), {}).error().name ==
        "invalid_mfa_token");
  CHECK(auth::answer_challenge(h.t.services, factor.token, typed(h.code(app)), {}).error().name ==
        "invalid_mfa_token");
  CHECK(auth::ask_for_second_factor(h.t.services, needed.token).error().name ==
        "invalid_mfa_token");

  auth::StepAnswers both = setting(kOther);
  both.terms_version = "1";
  const auth::Tokens tokens = tokens_of(h.answer(needed.token, both));
  CHECK(tokens.session.amr == std::vector<std::string>{"pwd", "otp", "mfa"});
  // The app is in force as before.
  const auto again = try_login(h.t, "ann", {}, kOther);
  REQUIRE(again);
  CHECK(std::holds_alternative<auth::MfaNeeded>(*again));
}

TEST_CASE("a challenge for steps ends with what ends sessions, and with its time") {
  House h("1");
  const auth::StepsNeeded needed = h.log_in();
  SECTION("ten minutes") {
    h.t.clock.advance(10min);
  }
  SECTION("a logout everywhere") {
    REQUIRE(auth::end_all_sessions(h.t.services, h.ann.id, {}));
  }
  SECTION("an account that is disabled and enabled") {
    REQUIRE(auth::set_disabled(h.t.services, h.ann.id, true, {}, auth::LastAdmin::may_go));
    REQUIRE(auth::set_disabled(h.t.services, h.ann.id, false, {}, auth::LastAdmin::may_go));
  }
  SECTION("a password of the operator") {
    REQUIRE(auth::set_password(h.t.services, h.ann.id, Password(kOther), {}));
  }
  SECTION("a deleted account") {
    REQUIRE(auth::delete_account(h.t.services, h.ann.id, {}, auth::LastAdmin::may_go));
  }
  CHECK(h.refusal(needed.token, accepting("1")) == "invalid_step_token/");
}

TEST_CASE("a login that asks for no new password sets none") {
  House h("1");
  h.must_change();
  const auth::StepsNeeded needed = h.log_in();
  h.must_change(false);
  CHECK(h.audited("password_change_required").front() == "ok taken back");
  auth::StepAnswers both = setting(kOther);
  both.terms_version = "1";
  CHECK(h.refusal(needed.token, both) == "/new_password");
  CHECK(is_alive(h.t, tokens_of(h.answer(needed.token, accepting("1")))));
  CHECK_FALSE(try_login(h.t, "ann", {}, kOther));
}

TEST_CASE("a login whose steps were taken back goes on with nothing") {
  House h;
  h.must_change();
  const auth::StepsNeeded needed = h.log_in();
  h.must_change(false);
  CHECK(is_alive(h.t, tokens_of(h.answer(needed.token, {}))));
}

TEST_CASE("the old password is not for guessing: a few tries end the login") {
  House h;
  h.must_change();
  const auth::StepsNeeded needed = h.log_in();
  for (uint64_t i = 0; i < auth::kChallengeTries; ++i) {
    CHECK(h.refusal(needed.token, setting("short")) == "weak_password/new_password");
  }
  std::string last;
  for (uint64_t i = 0; i < auth::kChallengeTries; ++i) {
    h.t.clock.advance(1min);
    last = h.refusal(needed.token, setting(kPassword));
    CHECK(last == "password_unchanged/new_password");
  }
  h.t.clock.advance(1min);
  CHECK(h.refusal(needed.token, setting(kOther)) == "invalid_step_token/");
}

TEST_CASE("whoever has no password, or signs in without one, sets none") {
  House h;
  h.must_change();
  tables::User user = h.user();
  CHECK(auth::steps_left(h.t.config, user) == LoginSteps{LoginStep::password_change});
  h.t.config.login.methods = {config::LoginMethod::email_code};
  CHECK(auth::steps_left(h.t.config, user).empty());
  h.t.config.login.methods = {config::LoginMethod::password};
  user.password_hash.clear();
  CHECK(auth::steps_left(h.t.config, user).empty());
}

TEST_CASE("every new password of the person ends the wish for one, and an operator's does not") {
  House h;
  h.must_change();
  SECTION("the operator's") {
    REQUIRE(auth::set_password(h.t.services, h.ann.id, Password(kOther), {}));
    CHECK(h.user().must_change_password);
    h.must_change(false);
    REQUIRE(auth::set_password(h.t.services, h.ann.id, Password(kPassword), {}, true));
    CHECK(h.user().must_change_password);
  }
  SECTION("in a session") {
    h.must_change(false);
    const auth::Person caller = caller_of(h.t, tokens_of(try_login(h.t, "ann")));
    h.must_change();
    REQUIRE(auth::change_password(h.t.services, caller, Password(kPassword), Password(kOther), {}));
    CHECK_FALSE(h.user().must_change_password);
  }
  SECTION("by a mailed link") {
    REQUIRE(auth::forgot_password(h.t.services, "ann", {}));
    const OneTimeSecret token =
        secret_of(h.t, take_mail(h.t, tables::MailKind::reset_password, "ann@example.org"));
    REQUIRE(auth::reset_password(h.t.services, token, Password(kOther), {}));
    CHECK_FALSE(h.user().must_change_password);
    tokens_of(try_login(h.t, "ann", {}, kOther));
  }
}

TEST_CASE("a password with every request is refused while steps are left") {
  House h("1");
  const auto refusal = [&] {
    const auto holder =
        auth::authenticate_password(h.t.services, "ann", Password(kPassword), from("192.0.2.7"));
    return holder ? "none" : holder.error().name;
  };
  CHECK(refusal() == "terms_required");
  h.must_change();
  tokens_of(h.answer(h.waits(h.answer(h.log_in().token, accepting("1"))).token, setting(kOther)));
  const auto good =
      auth::authenticate_password(h.t.services, "ann", Password(kOther), from("192.0.2.7"));
  CHECK(good);
  h.must_change();
  // Also a password that the server remembers.
  const auto holder =
      auth::authenticate_password(h.t.services, "ann", Password(kOther), from("192.0.2.7"));
  REQUIRE_FALSE(holder);
  CHECK(holder.error().name == "password_change_required");
}

TEST_CASE("a sign-up accepts the terms, and a replaced API cannot") {
  House h("1");
  auth::NewAccount account;
  account.username = "ben";
  account.email = "ben@example.org";
  account.password = Password(kPassword);
  const auto refusal = [&](std::string_view client) {
    auth::Origin origin;
    origin.client = client;
    const auto made = auth::sign_up(h.t.services, account, origin);
    return made ? "none" : made.error().name;
  };
  CHECK(refusal("") == "terms_required");
  account.terms_version = "2";
  CHECK(refusal("") == "terms_required");
  account.terms_version = "1";
  CHECK(refusal(config::kFacade) == "terms_required");
  CHECK(refusal("") == "none");
  CHECK(h.audited("terms_accepted") == std::vector<std::string>{"ok 1"});
  tokens_of(try_login(h.t, "ben"));
}

TEST_CASE("whoever takes an account over accepts the terms anew") {
  House h("1");
  auth::NewAccount account;
  account.username = "ben";
  account.email = "ben@example.org";
  account.password = Password(kPassword);
  account.terms_version = "1";
  REQUIRE(auth::sign_up(h.t.services, account, {}));
  h.t.config.login.methods = {config::LoginMethod::password, config::LoginMethod::email_code};
  REQUIRE(auth::send_login_code(h.t.services, "ben@example.org", from("192.0.2.7")));
  const OneTimeSecret code =
      secret_of(h.t, take_mail(h.t, tables::MailKind::login_code, "ben@example.org"));
  const auth::StepsNeeded needed =
      h.waits(auth::log_in_by_code(h.t.services, "ben@example.org", code, {}, from("192.0.2.7")));
  CHECK(needed.steps == LoginSteps{LoginStep::terms});
  const auth::Tokens tokens = tokens_of(h.answer(needed.token, accepting("1")));
  CHECK(tokens.session.amr == std::vector<std::string>{"otp"});
}
