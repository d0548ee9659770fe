#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/limits/devices.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/step_up.h"
#include "auth/signin/reauthentication.h"

#include <array>

#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "tables/mail_detail.h"
#include "tables/sessions.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using tables::MailKind;

namespace {

struct App {
  SecretKey secret;
  std::string code(Time now) const { return crypto::totp_code(secret, crypto::totp_step(now)); }
};

OneTimeSecret code(std::string_view text) {
  return OneTimeSecret(std::string(text));
}

struct House {
  Instance t;
  tables::User ann = add_user(t, "ann");
  auth::Tokens first = tokens_of(try_login(t, "ann"));
  App app;
  std::vector<OneTimeSecret> recovery;

  // Sets the app up; the clock then stands one period later, so that its next code is a new one.
  void enable() {
    const auth::Person caller = caller_of(t, first);
    const auto setup = auth::begin_totp(t.services, caller);
    REQUIRE(setup);
    app.secret = SecretKey(base32_decode(setup->secret.reveal()).value());
    auto codes = auth::confirm_totp(t.services, caller, code(app.code(t.clock.now())), {});
    REQUIRE(codes);
    recovery = std::move(*codes);
    t.clock.advance(30s);
  }
  auth::MfaNeeded challenge() {
    auto outcome = try_login(t, "ann");
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<auth::MfaNeeded>(*outcome));
    return std::get<auth::MfaNeeded>(std::move(*outcome));
  }
  Result<auth::Tokens> answer(const auth::MfaNeeded& needed, std::string_view text) {
    return tokens_if_any(auth::answer_challenge(t.services, needed.token, typed(text), {}));
  }
};

}  // namespace

TEST_CASE("an app is in force once a code of it was shown, and the other sessions end") {
  House h;
  const auth::Tokens other = tokens_of(try_login(h.t, "ann"));
  const auth::Person caller = caller_of(h.t, h.first);
  CHECK(auth::confirm_totp(h.t.services, caller, code("123456"), {}).error().code ==
        ErrorCode::not_found);
  const auto setup = auth::begin_totp(h.t.services, caller);
  REQUIRE(setup);
  CHECK(setup->uri.reveal().starts_with("otpauth://totp/authd:ann%40example.org?secret="));
  CHECK(auth::confirm_totp(h.t.services, caller, code("000000"), {}).error().field == "code");
  CHECK(is_alive(h.t, tokens_of(try_login(h.t, "ann"))));
  h.enable();
  CHECK(h.recovery.size() == auth::kRecoveryCodes);
  CHECK(is_alive(h.t, h.first));
  CHECK_FALSE(is_alive(h.t, other));
  take_mail(h.t, MailKind::factors_changed, "ann@example.org");
  CHECK(auth::begin_totp(h.t.services, caller_of(h.t, h.first)).error().name == "totp_enabled");
}

TEST_CASE("a login needs the second factor, and says so in amr") {
  House h;
  h.enable();
  const auth::MfaNeeded needed = h.challenge();
  CHECK(needed.methods == auth::Methods{auth::Method::totp, auth::Method::recovery_code});
  CHECK(h.answer(needed, "000000").error().name == "invalid_code");
  const std::string right = h.app.code(h.t.clock.now());
  auto tokens = h.answer(needed, right);
  REQUIRE(tokens);
  CHECK(caller_of(h.t, *tokens).claims()->amr == std::vector<std::string>{"pwd", "otp", "mfa"});
  // The challenge is used up, and the code too.
  CHECK(h.answer(needed, right).error().name == "invalid_mfa_token");
  CHECK(h.answer(h.challenge(), right).error().name == "invalid_code");
}

TEST_CASE("a code that comes with the password is used at once, also when it is wrong") {
  House h;
  h.enable();
  const auto with = [&](std::string_view text) {
    return auth::log_in(h.t.services, "ann", Password(kPassword), typed(text), {});
  };
  CHECK(with("000000").error().name == "invalid_code");
  const std::string right = h.app.code(h.t.clock.now());
  CHECK(tokens_of(with(right)).roles == std::vector<std::string>{"user"});
  CHECK(with(right).error().name == "invalid_code");
}

TEST_CASE("a code is read as apps and people write it, with blanks") {
  House h;
  const auto spaced = [](std::string_view text) {
    return " " + std::string(text.substr(0, 3)) + " " + std::string(text.substr(3)) + "\t";
  };
  SECTION("of an app, while it is set up, and at a login") {
    const auth::Person caller = caller_of(h.t, h.first);
    const auto setup = auth::begin_totp(h.t.services, caller);
    REQUIRE(setup);
    h.app.secret = SecretKey(base32_decode(setup->secret.reveal()).value());
    const std::string first = h.app.code(h.t.clock.now());
    REQUIRE(auth::confirm_totp(h.t.services, caller, code(spaced(first)), {}));
    h.t.clock.advance(30s);
    CHECK(h.answer(h.challenge(), spaced(h.app.code(h.t.clock.now()))));
    h.t.clock.advance(30s);
    const std::string with_password = spaced(h.app.code(h.t.clock.now()));
    CHECK(auth::log_in(h.t.services, "ann", Password(kPassword), typed(with_password), {}));
  }
  SECTION("for recovery") {
    h.enable();
    CHECK(h.answer(h.challenge(), spaced(h.recovery[0].reveal())));
  }
}

TEST_CASE("recovery codes are good once each, in any case, and replaced as a whole") {
  House h;
  h.enable();
  std::string lower(h.recovery[0].reveal());
  for (char& c : lower)
    c = static_cast<char>(std::tolower(c));
  CHECK(h.answer(h.challenge(), lower));
  CHECK_FALSE(h.answer(h.challenge(), h.recovery[0].reveal()));
  CHECK(h.answer(h.challenge(), h.recovery[1].reveal()));
  const auto renewed = auth::renew_recovery_codes(h.t.services, caller_of(h.t, h.first), {});
  REQUIRE(renewed);
  CHECK_FALSE(h.answer(h.challenge(), h.recovery[2].reveal()));
  CHECK(h.answer(h.challenge(), (*renewed)[0].reveal()));
}

TEST_CASE("a challenge dies of tries, of time, of a new password and of another account's code") {
  House h;
  h.enable();
  SECTION("tries") {
    const auth::MfaNeeded needed = h.challenge();
    for (uint64_t i = 0; i < auth::kChallengeTries; ++i)
      CHECK(h.answer(needed, "000000").error().name == "invalid_code");
    CHECK(h.answer(needed, h.app.code(h.t.clock.now())).error().name == "invalid_mfa_token");
  }
  SECTION("time") {
    const auth::MfaNeeded needed = h.challenge();
    h.t.clock.advance(auth::kChallengeLife);
    CHECK(h.answer(needed, h.app.code(h.t.clock.now())).error().name == "invalid_mfa_token");
  }
  SECTION("a new password") {
    const auth::MfaNeeded needed = h.challenge();
    REQUIRE(auth::set_password(h.t.services, h.ann.id, Password("another password"), {}));
    CHECK(h.answer(needed, h.app.code(h.t.clock.now())).error().name == "invalid_mfa_token");
  }
  SECTION("a token that was never made") {
    CHECK(auth::answer_challenge(h.t.services, code("x"), typed("000000"), {}).error().name ==
          "invalid_mfa_token");
  }
}

namespace {

// Two browsers in which the owner has logged in before, or two strangers. They take turns, from
// ever new addresses, so that neither a device nor an address has many failures of its own.
struct TwoGuessers {
  TwoGuessers(House& house, bool are_known) : h(house) {
    const auto user = h.t.store.read([&](store::ReadTxn& tx) {
      return Result<tables::User>(tables::find_user(tx, h.ann.id).value());
    });
    REQUIRE(user);
    for (size_t i = 0; are_known && i < origins.size(); ++i)
      origins[i].device =
          auth::make_device(h.t.services, *user, "device " + std::to_string(i), h.t.clock.now());
  }
  const auth::Origin& next() {
    auth::Origin& origin = origins[turn % origins.size()];
    origin.address = IpAddress::parse("198.51.100." + std::to_string(++turn)).value();
    return origin;
  }

  House& h;
  std::array<auth::Origin, 2> origins;
  size_t turn = 0;
};

// How many wrong codes are looked at before somebody has to wait.
size_t codes_looked_at(bool are_known, bool with_the_password) {
  House h;
  h.enable();
  std::vector<auth::MfaNeeded> asked;
  for (int i = 0; i < 5; ++i)
    asked.push_back(h.challenge());
  TwoGuessers guessers(h, are_known);
  for (size_t i = 0; i < 20; ++i) {
    const auth::Origin& origin = guessers.next();
    const Result<auth::LoginOutcome> outcome =
        with_the_password
            ? auth::log_in(h.t.services, "ann", Password(kPassword), typed("000000"), origin)
            : auth::answer_challenge(h.t.services, asked[i / 4].token, typed("000000"), origin);
    REQUIRE_FALSE(outcome);
    if (outcome.error().code == ErrorCode::rate_limited) return i;
    CHECK(outcome.error().name == "invalid_code");
  }
  return 20;
}

}  // namespace

TEST_CASE("a known device guesses no more second factors than a stranger") {
  for (const bool with_the_password : {false, true}) {
    CAPTURE(with_the_password);
    CHECK(codes_looked_at(true, with_the_password) == 11);
    CHECK(codes_looked_at(false, with_the_password) == 11);
  }
  House h;
  h.enable();
  const auth::MfaNeeded asked = h.challenge();
  TwoGuessers guessers(h, true);
  // What a device is for: strangers who fail do not keep it out.
  for (int i = 0; i < 25; ++i) {
    const std::string address = "203.0.113." + std::to_string(i + 1);
    CHECK_FALSE(try_login(h.t, "ann", from(address.c_str()), "wrong password"));
  }
  CHECK(try_login(h.t, "ann", from("203.0.113.100")).error().code == ErrorCode::rate_limited);
  CHECK(try_login(h.t, "ann", guessers.next()));
  // And what it is not for: after a hundred wrong codes there is one try a day here too.
  for (int i = 0; i < 100; ++i) {
    REQUIRE(h.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      auth::count_wrong_factor(tx, h.ann.id, h.t.clock.now());
      return {};
    }));
  }
  const std::string right = h.app.code(h.t.clock.now());
  const auto late =
      auth::answer_challenge(h.t.services, asked.token, typed(right), guessers.next());
  REQUIRE_FALSE(late);
  CHECK(late.error().retry_after_s == 24 * 3600);
}

TEST_CASE("without the app the password is enough again") {
  House h;
  h.enable();
  const auth::Person caller = caller_of(h.t, h.first);
  REQUIRE(auth::remove_factor(h.t.services, caller, auth::Method::totp, {}));
  tokens_of(try_login(h.t, "ann"));
  CHECK(auth::remove_factor(h.t.services, caller, auth::Method::totp, {}).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("the administrator takes lost factors away and ends every session") {
  House h;
  h.enable();
  REQUIRE(auth::reset_factors(h.t.services, h.ann.id, {}));
  CHECK_FALSE(is_alive(h.t, h.first));
  tokens_of(try_login(h.t, "ann"));
}

TEST_CASE("where the configuration asks for it, the second factor is a code by mail") {
  config::Config config = Instance::default_config();
  config.mfa.email_otp = config::EmailOtp::required;
  Instance t(config);
  add_user(t, "ann");
  auto outcome = try_login(t, "ann");
  REQUIRE(outcome);
  const auto needed = std::get<auth::MfaNeeded>(std::move(*outcome));
  CHECK(needed.methods == auth::Methods{auth::Method::email});
  const auto answer = [&](std::string_view text) {
    return auth::answer_challenge(t.services, needed.token, typed(text), {});
  };
  const OneTimeSecret mailed = secret_of(t, take_mail(t, MailKind::login_code, "ann@example.org"));
  CHECK(mailed.reveal().size() == 6);
  CHECK_FALSE(answer(mailed.reveal() == "000000" ? "000001" : "000000"));
  const std::string_view digits = mailed.reveal();
  CHECK(answer(std::string(digits.substr(0, 3)) + " " + std::string(digits.substr(3))));
  CHECK_FALSE(answer(mailed.reveal()));
}

TEST_CASE("who proves it again gets a fresh proof, and a wrong one is counted") {
  House h;
  const auto fresh = [&] { return caller_of(h.t, h.first).session().auth_time == h.t.clock.now(); };
  h.t.clock.advance(10min);
  CHECK_FALSE(fresh());
  const auth::Person caller = caller_of(h.t, h.first);
  CHECK(auth::reauthenticate(h.t.services, caller, Password("wrong password"), std::nullopt, {})
            .error()
            .name == "wrong_credentials");
  CHECK_FALSE(fresh());
  CHECK(auth::reauthenticate(h.t.services, caller, Password(kPassword), std::nullopt, {}));
  CHECK(fresh());
}

TEST_CASE("where there is a second factor, the fresh proof contains it") {
  House h;
  h.t.config.tokens.access_ttl = 1h;  // longer than a proof is fresh
  h.first = tokens_of(try_login(h.t, "ann"));
  h.enable();
  const auto caller = [&] { return caller_of(h.t, h.first); };
  const auto is_fresh = [&] {
    return auth::require_fresh_proof(caller(), h.t.clock.now()).has_value();
  };
  const auto proof = [&](std::string_view password, std::optional<auth::FactorAnswer> answer) {
    const auto done =
        auth::reauthenticate(h.t.services, caller(), Password(std::string(password)), answer, {});
    return done ? "ok" : done.error().name;
  };
  // The session that added the app has shown a code of it.
  CHECK(is_fresh());
  CHECK(caller().session().amr == std::vector<std::string>{"pwd", "otp", "mfa"});
  h.t.clock.advance(auth::kFreshProof);
  CHECK_FALSE(is_fresh());
  CHECK(proof(kPassword, {}) == "second_factor_required");
  CHECK(proof("", {}) == "second_factor_required");
  CHECK(proof(kPassword, typed("000000")) == "wrong_credentials");
  CHECK(proof("wrong password", typed(h.app.code(h.t.clock.now()))) == "wrong_credentials");
  // The right password alone changes neither itself nor the proof.
  CHECK(auth::change_password(h.t.services, caller(), Password(kPassword),
                              Password("another horse battery"), {})
            .error()
            .name == "reauthentication_required");
  CHECK_FALSE(is_fresh());
  CHECK(proof("", typed(h.app.code(h.t.clock.now()))) == "ok");
  CHECK(is_fresh());
  CHECK(auth::change_password(h.t.services, caller(), Password(kPassword),
                              Password("another horse battery"), {}));
  h.t.clock.advance(auth::kFreshProof - 1min);
  CHECK(auth::change_password(h.t.services, caller(), Password("another horse battery"),
                              Password(kPassword), {}));
  h.t.clock.advance(1min);
  CHECK_FALSE(is_fresh());
  CHECK(proof(kPassword, typed(h.recovery.front().reveal())) == "ok");
  CHECK(is_fresh());
}

TEST_CASE("a session that never showed the second factor is not fresh") {
  House h;
  h.enable();
  // As of an earlier release, whose sessions did not note that they had added the app.
  REQUIRE(h.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Session session = tables::find_session(tx, h.first.session.id).value();
    session.amr = {"pwd"};
    tables::update_session(tx, session);
    return {};
  }));
  const auto refused = [&] {
    return !auth::require_fresh_proof(caller_of(h.t, h.first), h.t.clock.now());
  };
  CHECK(refused());
  REQUIRE(auth::reauthenticate(h.t.services, caller_of(h.t, h.first), Password(""),
                               typed(h.app.code(h.t.clock.now())), {}));
  CHECK_FALSE(refused());
}

TEST_CASE("the owner is told of each recovery code that is used, wherever it is typed") {
  House h;
  h.enable();
  take_mail(h.t, MailKind::factors_changed, "ann@example.org");  // the app
  const auto told = [&] {
    return take_mail(h.t, MailKind::factors_changed, "ann@example.org").detail;
  };
  const auto used = [](const char* left, const std::string& from = "") {
    std::vector<tables::Sentence> said = {{"recovery_code_used"}};
    if (!from.empty()) said.push_back({"from", {{"address", from}}});
    said.push_back({"codes_left", {{"count", left}}});
    return tables::detail_of(said);
  };
  REQUIRE(h.answer(h.challenge(), h.recovery[0].reveal()));
  CHECK(told() == used("9"));
  CHECK_FALSE(h.answer(h.challenge(), h.recovery[0].reveal()));
  REQUIRE(h.answer(h.challenge(), h.app.code(h.t.clock.now())));
  CHECK(mails(h.t).empty());
  REQUIRE(auth::log_in(h.t.services, "ann", Password(kPassword), typed(h.recovery[1].reveal()),
                       from("192.0.2.7")));
  CHECK(told() == used("8", "192.0.2.7"));
  REQUIRE(auth::reauthenticate(h.t.services, caller_of(h.t, h.first), Password(""),
                               typed(h.recovery[2].reveal()), {}));
  CHECK(told() == used("7"));
}
