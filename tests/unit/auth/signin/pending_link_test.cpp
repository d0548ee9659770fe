// A provider's identity is linked with the account that has its email when the login is complete,
// second factor and all, and not before.
#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/names/identities.h"
#include "auth/core/audit/audit.h"
#include "auth/core/limits/devices.h"
#include "auth/sessions/session_tokens.h"
#include "support/fake_provider.h"
#include "tables/identities.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using tables::MailKind;

namespace {

constexpr const char* kAnn = "ann@example.org";

config::Config with_codes() {
  config::Config config = with_provider();
  config.mfa.email_otp = config::EmailOtp::required;
  return config;
}

struct Waiting {
  OneTimeSecret token;
  OneTimeSecret code;
};

struct World {
  explicit World(const config::Config& config = with_codes()) : t(config), provider(t) {
    ann = add_user(t, "ann").id;
    change_row([](tables::User& user) { user.email_verified = true; });
  }

  void change_row(const std::function<void(tables::User&)>& change) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User user = tables::find_user(tx, ann).value();
      change(user);
      tables::put_user(tx, user);
      return {};
    }));
  }

  Result<auth::LoginOutcome> sign_in(const std::string& subject) {
    provider.subject = subject;
    auto begun = auth::begin_federation(t.services, "fake", nullptr, {}, {}, origin);
    REQUIRE(begun);
    auto done = auth::finish_federation(t.services, "fake", provider.follow(begun->url),
                                        begun->binding, origin);
    if (!done) return done.error();
    return std::get<auth::LoginOutcome>(std::move(*done));
  }

  // A login that waits for its second factor, and the code that answers it.
  Waiting begin(const std::string& subject) {
    auto outcome = sign_in(subject);
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<auth::MfaNeeded>(*outcome));
    OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
    return {std::move(std::get<auth::MfaNeeded>(*outcome).token), std::move(code)};
  }

  std::string answer(const Waiting& waiting) {
    const auto done =
        auth::answer_challenge(t.services, waiting.token, typed(waiting.code.reveal()), {});
    return done ? "ok" : done.error().name;
  }

  std::vector<std::string> linked(UserId user) {
    std::vector<std::string> subjects;
    const auto found = auth::list_identities(t.services, user).value();
    for (const tables::Identity& one : found)
      subjects.push_back(one.subject);
    return subjects;
  }

  void link(const std::string& subject, UserId user) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::Identity identity;
      identity.provider = "fake";
      identity.issuer = provider.issuer;
      identity.subject = subject;
      identity.user = user;
      tables::put_identity(tx, identity);
      return {};
    }));
  }

  size_t links_written_down() {
    auth::AuditFilter filter;
    filter.action = "identity_linked";
    return auth::list_audit(t.services, filter).value().size();
  }

  Instance t;
  FakeProvider provider;
  UserId ann;
  auth::Origin origin = from("192.0.2.1");
};

using Subjects = std::vector<std::string>;

}  // namespace

TEST_CASE("nothing is linked before the second factor was given") {
  World w;
  const Waiting waiting = w.begin("subject-1");
  CHECK(w.linked(w.ann).empty());
  CHECK(w.links_written_down() == 0);
  CHECK(mails(w.t).empty());

  const OneTimeSecret wrong(waiting.code.reveal() == "000000" ? "000001" : "000000");
  CHECK_FALSE(auth::answer_challenge(w.t.services, waiting.token, typed(wrong.reveal()), {}));
  CHECK(w.linked(w.ann).empty());

  CHECK(w.answer(waiting) == "ok");
  CHECK(w.linked(w.ann) == Subjects{"subject-1"});
  CHECK(w.links_written_down() == 1);
  take_mail(w.t, MailKind::factors_changed, kAnn);
  const auto row = auth::list_identities(w.t.services, w.ann).value()[0];
  CHECK(row.issuer == "https://id.test/");
  CHECK(row.email == kAnn);
  CHECK(row.created_at == w.t.clock.now());

  // It is known now, so that nothing is linked again.
  CHECK(w.answer(w.begin("subject-1")) == "ok");
  CHECK(w.links_written_down() == 1);
}

TEST_CASE("without a second factor it is linked at once") {
  World w(with_provider());
  const auto outcome = w.sign_in("subject-1");
  REQUIRE(outcome);
  CHECK(std::holds_alternative<auth::Tokens>(*outcome));
  CHECK(w.linked(w.ann) == Subjects{"subject-1"});
  take_mail(w.t, MailKind::factors_changed, kAnn);
}

TEST_CASE("a trusted device does not stand in for the second factor of a link") {
  config::Config config = with_codes();
  config.mfa.remember = std::chrono::hours(24);
  World w(config);
  auto begun = try_login(w.t, "ann", w.origin);
  REQUIRE(begun);
  const OneTimeSecret& token = std::get<auth::MfaNeeded>(*begun).token;
  const OneTimeSecret code = secret_of(w.t, take_mail(w.t, MailKind::login_code, kAnn));
  const auth::Tokens tokens = tokens_of(auth::answer_challenge(
      w.t.services, token, typed(code.reveal()), w.origin, auth::Remember::yes));
  w.origin.device = auth::make_device(w.t.services, tokens.user, tokens.device, w.t.clock.now());
  tokens_of(try_login(w.t, "ann", w.origin));

  const Waiting waiting = w.begin("subject-1");
  CHECK(w.linked(w.ann).empty());
  CHECK(w.answer(waiting) == "ok");
  CHECK(w.linked(w.ann) == Subjects{"subject-1"});
  // It does for an identity that is known.
  tokens_of(w.sign_in("subject-1"));
}

TEST_CASE("a challenge that is over links nothing") {
  World w;
  const Waiting waiting = w.begin("subject-1");
  w.t.clock.advance(auth::kChallengeLife);
  CHECK(w.answer(waiting) == "invalid_mfa_token");
  CHECK(w.linked(w.ann).empty());
}

TEST_CASE("of two logins that wait, the owner's wins") {
  World w;
  const Waiting stranger = w.begin("evil-sub");
  const Waiting owner = w.begin("subject-1");
  CHECK(w.answer(owner) == "ok");
  CHECK(w.answer(stranger) == "provider_linked");
  CHECK(w.linked(w.ann) == Subjects{"subject-1"});
}

TEST_CASE("two logins of the same identity that wait link it once") {
  World w;
  const Waiting first = w.begin("subject-1");
  const Waiting second = w.begin("subject-1");
  CHECK(w.answer(first) == "ok");
  CHECK(w.answer(second) == "ok");
  CHECK(w.linked(w.ann) == Subjects{"subject-1"});
  CHECK(w.links_written_down() == 1);
}

TEST_CASE("what changed meanwhile is looked at when the code comes") {
  World w;
  const UserId bob = add_user(w.t, "bob").id;
  const Waiting waiting = w.begin("subject-1");
  SECTION("the identity is somebody else's") {
    w.link("subject-1", bob);
    CHECK(w.answer(waiting) == "account_changed");
    CHECK(w.linked(bob) == Subjects{"subject-1"});
  }
  SECTION("the address is another one") {
    w.change_row([](tables::User& user) { user.email = "ann@new.example"; });
    CHECK(w.answer(waiting) == "account_changed");
  }
  SECTION("the address is not proved any more") {
    w.change_row([](tables::User& user) { user.email_verified = false; });
    CHECK(w.answer(waiting) == "account_changed");
  }
  SECTION("the sessions were ended") {
    w.change_row([](tables::User& user) { user.session_epoch += 1; });
    CHECK(w.answer(waiting) == "invalid_mfa_token");
  }
  SECTION("the account is disabled") {
    w.change_row([](tables::User& user) { user.disabled = true; });
    CHECK(w.answer(waiting) == "account_disabled");
  }
  SECTION("the provider is another one") {
    w.t.config.providers[0].issuer = "https://id2.test/";
    CHECK(w.answer(waiting) == "account_changed");
  }
  SECTION("the provider is gone") {
    w.t.config.providers[0].name = "other";
    CHECK(w.answer(waiting) == "account_changed");
  }
  CHECK(w.linked(w.ann).empty());
}

TEST_CASE("what a user who is gone left behind is in nobody's way") {
  World w;
  const Waiting waiting = w.begin("subject-1");
  w.link("subject-1", UserId{99});
  CHECK(w.answer(waiting) == "ok");
  CHECK(w.linked(w.ann) == Subjects{"subject-1"});
}
