#include "auth/sessions/known_devices.h"

#include <catch2/catch.hpp>
#include <functional>

#include "auth/accounts/account/put_account.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/limits/devices.h"
#include "auth/core/user_agents.h"
#include "auth/core/ways.h"
#include "auth/signin/reauthentication.h"
#include "auth/signin/step_answer.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "tables/mail_detail.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using auth::Remember;
using tables::MailKind;

namespace {

constexpr auto kDays = 24h;

config::Config remembering() {
  config::Config config = Instance::default_config();
  config.mfa.remember = 30 * kDays;
  return config;
}

struct House {
  explicit House(const config::Config& config = remembering()) : t(config) {
    change([](tables::User& user) { user.email_verified = true; });
  }

  Instance t;
  tables::User ann = add_user(t, "ann");
  SecretKey app;
  std::vector<OneTimeSecret> recovery;

  void change(const std::function<void(tables::User&)>& act) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User user = tables::find_user(tx, ann.id).value();
      act(user);
      tables::put_user(tx, user);
      return {};
    }));
  }
  tables::User user() { return auth::view_account(t.services, ann.id)->user; }

  // A browser with the cookie that the last login gave it.
  struct Browser {
    auth::Origin origin;
    std::string id;
  };
  static Browser browser(const char* address = "192.0.2.1") {
    Browser made;
    made.origin = from(address);
    made.origin.wants_cookie = true;
    made.origin.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Firefox/125.0";
    return made;
  }
  void keep(Browser& browser, const auth::Tokens& tokens) {
    browser.origin.device =
        auth::make_device(t.services, tokens.user, tokens.device, t.clock.now());
    browser.id = tokens.device;
  }
  auth::Tokens log_in(Browser& browser) {
    auth::Tokens tokens = tokens_of(try_login(t, "ann", browser.origin));
    keep(browser, tokens);
    return tokens;
  }

  // The next code of the app.
  std::string code() {
    t.clock.advance(30s);
    return crypto::totp_code(app, crypto::totp_step(t.clock.now()));
  }
  void enable(const auth::Tokens& session) {
    const auth::Person caller = auth_of(session);
    const auto setup = auth::begin_totp(t.services, caller);
    REQUIRE(setup);
    app = SecretKey(base32_decode(setup->secret.reveal()).value());
    auto codes = auth::confirm_totp(t.services, caller, OneTimeSecret(code()), {});
    REQUIRE(codes);
    recovery = std::move(*codes);
  }
  auth::Person auth_of(const auth::Tokens& tokens) { return caller_of(t, tokens); }
  auth::Tokens program() { return tokens_of(try_login(t, "ann")); }
  // Of a program that has proved everything just now.
  auth::Person fresh_caller() {
    return caller_of(t, tokens_of(auth::log_in(t.services, "ann", Password(kPassword),
                                               typed(code()), from("198.51.100.1"))));
  }

  // A browser in which the second factor was proved and remembered.
  Browser trusted() {
    Browser made = browser();
    keep(made, tokens_of(auth::log_in(t.services, "ann", Password(kPassword), typed(code()),
                                      made.origin, Remember::yes)));
    return made;
  }
  bool is_asked(const Browser& browser, const char* password = kPassword) {
    const auto outcome = try_login(t, "ann", browser.origin, password);
    REQUIRE(outcome);
    return std::holds_alternative<auth::MfaNeeded>(*outcome);
  }
  std::vector<tables::Device> devices() {
    return auth::list_devices(t.services, ann.id, t.clock.now()).value();
  }
  size_t told() {
    size_t count = 0;
    for (const tables::Mail& mail : mails(t))
      count += mail.kind == MailKind::new_device ? 1 : 0;
    return count;
  }
};

struct WithApp : House {
  explicit WithApp(const config::Config& config = remembering()) : House(config) {
    enable(program());
  }
};

}  // namespace

TEST_CASE("a device has words for people, and nobody else's sentences get into them") {
  CHECK(auth::device_name("Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Firefox/125.0") ==
        "Firefox, Linux");
  CHECK(auth::device_name("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Safari/604.1") ==
        "Safari, iOS");
  CHECK(auth::device_name("curl/8.5.0") == "curl");
  CHECK(auth::device_name("python-requests/2.31") == "python-requests");
  CHECK(auth::device_name("evil.example/1 call us") == "");
  CHECK(auth::device_name("Call +49 30 1") == "Call");
  CHECK(auth::device_name("") == "");
  CHECK(auth::without_versions("curl/8.5.0") == auth::without_versions("curl/8.11"));
  CHECK(auth::without_versions("curl/8.5.0") != auth::without_versions("wget/8.5.0"));
}

TEST_CASE("the first device of an account is no news, and a second one is told once") {
  House h;
  House::Browser first = House::browser();
  h.log_in(first);
  CHECK(h.told() == 0);
  House::Browser second = House::browser("198.51.100.7");
  h.log_in(second);
  const tables::Mail mail = take_mail(h.t, MailKind::new_device, "ann@example.org");
  const auto told = tables::sentences_of(mail.detail);
  REQUIRE(told.size() == 3);
  CHECK(told[0].values[0].second == "Firefox, Linux");
  CHECK(told[1].values[0].second.ends_with(" UTC"));
  CHECK(told[2].values[0].second == "198.51.100.7");
  for (int day = 0; day < 3; ++day) {
    h.t.clock.advance(kDays);
    h.log_in(first);
    h.log_in(second);
  }
  CHECK(h.told() == 0);
  CHECK(h.devices().size() == 2);
}

TEST_CASE("a device that was not seen for 90 days is new again") {
  House h;
  House::Browser first = House::browser();
  House::Browser second = House::browser();
  h.log_in(first);
  h.log_in(second);
  take_mail(h.t, MailKind::new_device, "ann@example.org");
  const auto days = GENERATE(89, 91);
  h.t.clock.advance(days * kDays);
  h.log_in(second);
  CHECK(h.told() == (days > 90 ? 1 : 0));
}

TEST_CASE("nobody is told where the mailbox is not known to be the owner's, or by a setting") {
  House h;
  House::Browser first = House::browser();
  h.log_in(first);
  SECTION("unconfirmed") {
    h.change([](tables::User& user) { user.email_verified = false; });
  }
  SECTION("no address") {
    h.change([](tables::User& user) {
      user.email.clear();
      user.email_verified = false;
    });
  }
  SECTION("mail.new_device") {
    h.t.config.mail.new_device = false;
  }
  House::Browser second = House::browser();
  h.log_in(second);
  CHECK(h.told() == 0);
  CHECK(h.devices().size() == 2);
}

TEST_CASE("a browser keeps its id when its cookie is renewed, and writes a row once a day") {
  House h;
  House::Browser browser = House::browser();
  const std::string id = h.log_in(browser).device;
  const Time seen = h.devices()[0].seen_at;
  h.t.clock.advance(1h);
  CHECK(h.log_in(browser).device == id);
  CHECK(h.devices()[0].seen_at == seen);
  h.t.clock.advance(kDays);
  CHECK(h.log_in(browser).device == id);
  CHECK(h.devices()[0].seen_at == h.t.clock.now());
}

TEST_CASE("a program without cookies is known by its name, whatever its version") {
  House h;
  auth::Origin origin = from("192.0.2.1");
  origin.user_agent = "curl/8.5.0";
  const std::string id = tokens_of(try_login(h.t, "ann", origin)).device;
  origin.user_agent = "curl/8.6.0";
  origin.address = *IpAddress::parse("198.51.100.9");
  CHECK(tokens_of(try_login(h.t, "ann", origin)).device == id);
  CHECK(h.told() == 0);
  origin.user_agent = "wget/1.21";
  CHECK(tokens_of(try_login(h.t, "ann", origin)).device != id);
  CHECK(h.told() == 1);
}

TEST_CASE("cookies from before devices were recorded are known by themselves") {
  House h;
  House::Browser old = House::browser();
  old.origin.device = auth::make_device(h.t.services, h.ann, "\x01old-id\x02", h.t.clock.now());
  h.t.clock.advance(2s);
  House::Browser first = House::browser();
  h.log_in(first);
  h.t.clock.advance(kDays);
  CHECK(h.log_in(old).device == "\x01old-id\x02");
  CHECK(h.told() == 0);
}

TEST_CASE("an account knows 50 devices, and forgets the one seen longest ago") {
  House h;
  std::vector<House::Browser> all;
  for (size_t i = 0; i < auth::kMaxDevicesPerUser + 3; ++i) {
    h.t.clock.advance(1s);
    all.push_back(House::browser());
    h.log_in(all.back());
  }
  const auto known = h.devices();
  CHECK(known.size() == auth::kMaxDevicesPerUser);
  const auto knows = [&](const House::Browser& one) {
    return std::any_of(known.begin(), known.end(),
                       [&](const tables::Device& row) { return row.id == one.id; });
  };
  CHECK_FALSE(knows(all[0]));
  CHECK_FALSE(knows(all[2]));
  CHECK(knows(all[3]));
  CHECK(knows(all.back()));
}

TEST_CASE("a trusted device is not asked for the second factor, and says only what was proved") {
  WithApp h;
  House::Browser browser = h.trusted();
  const auth::Tokens again = h.log_in(browser);
  CHECK(again.session.amr == std::vector<std::string>{"pwd"});
  CHECK(h.is_asked(House::browser()));
  CHECK_FALSE(try_login(h.t, "ann", browser.origin, "wrong password"));
  CHECK(h.devices()[0].trusted_until > h.t.clock.now() + 29 * kDays);
  SECTION("until it ends") {
    h.t.clock.advance(30 * kDays);
    CHECK(h.is_asked(browser));
  }
  SECTION("a shorter setting holds at once") {
    h.t.config.mfa.remember = 1h;
    h.t.clock.advance(2h);
    CHECK(h.is_asked(browser));
  }
  SECTION("off") {
    h.t.config.mfa.remember = 0ms;
    CHECK(h.is_asked(browser));
  }
  SECTION("a clock that was ahead gives nothing") {
    h.t.clock.advance(-2 * kDays);
    CHECK(h.is_asked(browser));
  }
}

TEST_CASE("what is not the trusted cookie is asked") {
  WithApp h;
  House::Browser before = House::browser();
  h.keep(before, tokens_of(auth::log_in(h.t.services, "ann", Password(kPassword), typed(h.code()),
                                        before.origin)));
  House::Browser trusted = before;
  h.keep(trusted, tokens_of(auth::log_in(h.t.services, "ann", Password(kPassword), typed(h.code()),
                                         before.origin, Remember::yes)));
  REQUIRE_FALSE(h.is_asked(trusted));
  SECTION("a copy of the cookie from before the trust") {
    CHECK(h.is_asked(before));
  }
  SECTION("a tampered one") {
    House::Browser forged = trusted;
    forged.origin.device[40] = forged.origin.device[40] == 'A' ? 'B' : 'A';
    CHECK(h.is_asked(forged));
  }
  SECTION("another account's") {
    const tables::User bob = add_user(h.t, "bob");
    House::Browser stranger = trusted;
    stranger.origin.device = auth::make_device(h.t.services, bob, trusted.id, h.t.clock.now());
    CHECK(h.is_asked(stranger));
  }
  SECTION("the client of a replaced API") {
    House::Browser other = trusted;
    other.origin.client = "facade";
    CHECK(h.is_asked(other));
  }
  SECTION("a browser that is signed in") {
    House::Browser inside = trusted;
    const auth::Tokens session = tokens_of(try_login(h.t, "ann", trusted.origin));
    inside.origin.browser = auth::NamedSession{session.session.id, session.session.generation};
    CHECK(h.is_asked(inside));
  }
}

TEST_CASE("the wish to be remembered survives until the second step, and a mere code is no trust") {
  WithApp h;
  House::Browser browser = House::browser();
  auto outcome = auth::log_in(h.t.services, "ann", Password(kPassword), std::nullopt,
                              browser.origin, Remember::yes);
  REQUIRE(outcome);
  const auto needed = std::get<auth::MfaNeeded>(std::move(*outcome));
  CHECK(needed.remember_for == h.t.config.mfa.remember);
  SECTION("by the app") {
    h.keep(browser, tokens_of(auth::answer_challenge(h.t.services, needed.token, typed(h.code()),
                                                     browser.origin)));
    CHECK_FALSE(h.is_asked(browser));
  }
  SECTION("by a recovery code") {
    h.keep(browser,
           tokens_of(auth::answer_challenge(h.t.services, needed.token,
                                            typed(h.recovery[0].reveal()), browser.origin)));
    CHECK(h.is_asked(browser));
  }
  SECTION("where a role needs a passkey") {
    h.t.config.passkeys.required_for = {"user"};
    CHECK(auth::answer_challenge(h.t.services, needed.token, typed(h.recovery[0].reveal()),
                                 browser.origin)
              .error()
              .name == "invalid_code");
  }
}

TEST_CASE("a program without cookies is never trusted by its name") {
  WithApp h;
  auth::Origin origin = from("192.0.2.1");
  origin.user_agent = "curl/8.5.0";
  const auth::Tokens trusted = tokens_of(auth::log_in(h.t.services, "ann", Password(kPassword),
                                                      typed(h.code()), origin, Remember::yes));
  House::Browser without_cookie;
  without_cookie.origin = origin;
  CHECK(h.is_asked(without_cookie));
  House::Browser with_cookie = without_cookie;
  h.keep(with_cookie, trusted);
  CHECK_FALSE(h.is_asked(with_cookie));
}

TEST_CASE("every change of how the account is accessed ends the trust in devices") {
  struct Change {
    const char* what;
    std::function<Result<void>(WithApp&)> act;
    const char* password = kPassword;
  };
  const Change change = GENERATE(values<Change>({
      {"a new password",
       [](WithApp& h) {
         return auth::change_password(h.t.services, h.fresh_caller(), Password(kPassword),
                                      Password("another password"), {});
       },
       "another password"},
      {"a password from the operator",
       [](WithApp& h) {
         return auth::set_password(h.t.services, h.ann.id, Password("another password"), {});
       },
       "another password"},
      {"an app removed and added again",
       [](WithApp& h) -> Result<void> {
         const auth::Person caller = h.fresh_caller();
         TRY(auth::remove_factor(h.t.services, caller, auth::Method::totp, {}));
         const auto setup = TRY(auth::begin_totp(h.t.services, caller));
         h.app = SecretKey(base32_decode(setup.secret.reveal()).value());
         TRY(auth::confirm_totp(h.t.services, caller, OneTimeSecret(h.code()), {}));
         return {};
       }},
      {"new recovery codes",
       [](WithApp& h) -> Result<void> {
         TRY(auth::renew_recovery_codes(h.t.services, h.fresh_caller(), {}));
         return {};
       }},
      {"a recovery code at a login",
       [](WithApp& h) -> Result<void> {
         TRY(auth::log_in(h.t.services, "ann", Password(kPassword), typed(h.recovery[0].reveal()),
                          {}));
         return {};
       }},
      {"a recovery code in a session",
       [](WithApp& h) {
         return auth::reauthenticate(h.t.services, h.fresh_caller(), Password(""),
                                     typed(h.recovery[0].reveal()), {});
       }},
      {"factors reset, and an app again",
       [](WithApp& h) -> Result<void> {
         TRY(auth::reset_factors(h.t.services, h.ann.id, {}));
         h.enable(h.program());
         return {};
       }},
      {"a logout everywhere",
       [](WithApp& h) { return auth::end_all_sessions(h.t.services, h.ann.id, {}); }},
      {"disabled for a moment",
       [](WithApp& h) -> Result<void> {
         TRY(auth::set_disabled(h.t.services, h.ann.id, true, {}));
         return auth::set_disabled(h.t.services, h.ann.id, false, {});
       }},
      {"another email",
       [](WithApp& h) -> Result<void> {
         auth::ProfileChange profile;
         profile.email = "new@example.org";
         TRY(auth::change_profile(h.t.services, h.ann.id, profile, {}));
         return {};
       }},
      {"one device forgotten",
       [](WithApp& h) {
         return auth::forget_device(h.t.services, h.ann.id, h.devices()[0].id, {});
       }},
      {"all devices forgotten",
       [](WithApp& h) { return auth::forget_devices(h.t.services, h.ann.id, {}); }},
  }));
  INFO(change.what);
  WithApp h;
  h.t.clock.advance(1s);
  const House::Browser browser = h.trusted();
  REQUIRE_FALSE(h.is_asked(browser));
  REQUIRE(change.act(h));
  CHECK(h.is_asked(browser, change.password));
}

TEST_CASE("a trusted device does not stand in for the second factor of a new password") {
  WithApp h;
  const House::Browser browser = h.trusted();
  h.t.config.terms.version = "1";
  const auto outcome = try_login(h.t, "ann", browser.origin);
  REQUIRE(outcome);
  const auto* waits = std::get_if<auth::StepsNeeded>(&*outcome);
  REQUIRE(waits != nullptr);
  auth::StepAnswers terms;
  terms.terms_version = "1";
  auth::StepAnswers password;
  password.new_password.emplace("another fine password 7");
  // Asked for while the login waits for something else.
  h.change([](tables::User& user) { user.must_change_password = true; });
  const auto accepted = auth::answer_steps(h.t.services, waits->token, terms, browser.origin);
  REQUIRE(accepted);
  const auto* left = std::get_if<auth::StepsNeeded>(&*accepted);
  REQUIRE(left != nullptr);
  CHECK(left->steps == auth::LoginSteps{auth::LoginStep::password_change});
  const auto set = auth::answer_steps(h.t.services, left->token, password, browser.origin);
  REQUIRE_FALSE(set);
  CHECK(set.error().name == "invalid_step_token");
  // The login that begins again asks for the factor, and then for the password.
  CHECK(h.is_asked(browser));
  const auto proved =
      auth::log_in(h.t.services, "ann", Password(kPassword), typed(h.code()), browser.origin);
  REQUIRE(proved);
  const auto* last = std::get_if<auth::StepsNeeded>(&*proved);
  REQUIRE(last != nullptr);
  tokens_of(auth::answer_steps(h.t.services, last->token, password, browser.origin));
}

TEST_CASE("a new passkey ends the trust in devices") {
  tables::User user;
  for (const auth::Way way : {auth::Way::factor, auth::Way::device, auth::Way::passkey}) {
    const uint64_t before = auth::epoch_of(user, auth::Way::trust);
    auth::raise_epoch(user, way);
    CHECK(auth::epoch_of(user, auth::Way::trust) == before + 1);
  }
}

TEST_CASE("the browser in which the owner changes the password stays known, others are new") {
  House h;
  House::Browser here = House::browser();
  House::Browser there = House::browser();
  h.log_in(here);
  h.log_in(there);
  take_mail(h.t, MailKind::new_device, "ann@example.org");
  const auth::Person caller = h.auth_of(h.program());
  take_mail(h.t, MailKind::new_device, "ann@example.org");
  REQUIRE(auth::change_password(h.t.services, caller, Password(kPassword),
                                Password("another password"), here.origin));
  tokens_of(try_login(h.t, "ann", here.origin, "another password"));
  CHECK(h.told() == 0);
  tokens_of(try_login(h.t, "ann", there.origin, "another password"));
  CHECK(h.told() == 1);
}

TEST_CASE("a forgotten device is new, and nobody forgets another account's") {
  House h;
  const tables::User bob = add_user(h.t, "bob");
  House::Browser first = House::browser();
  House::Browser second = House::browser();
  h.log_in(first);
  h.t.clock.advance(2s);
  h.log_in(second);
  take_mail(h.t, MailKind::new_device, "ann@example.org");
  CHECK(auth::forget_device(h.t.services, bob.id, second.id, {}).error().code ==
        ErrorCode::not_found);
  REQUIRE(auth::forget_device(h.t.services, h.ann.id, second.id, {}));
  CHECK(auth::forget_device(h.t.services, h.ann.id, second.id, {}).error().code ==
        ErrorCode::not_found);
  h.log_in(second);
  CHECK(h.told() == 1);
  CHECK(auth::parse_device_id(auth::device_text(second.id)) == second.id);
  CHECK_FALSE(auth::parse_device_id("00"));
  CHECK_FALSE(auth::parse_device_id("zz00000000000000"));
}
