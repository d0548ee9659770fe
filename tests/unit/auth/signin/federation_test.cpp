#include "auth/signin/federation/federation.h"

#include <catch2/catch.hpp>

#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/names/identities.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/step_up.h"
#include "auth/signin/recovery.h"
#include "auth/upkeep/check.h"
#include "config/compat.h"
#include "support/fake_provider.h"
#include "support/refusal.h"
#include "tables/erasure.h"
#include "tables/expiry.h"
#include "tables/identities.h"
#include "tables/mail_detail.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

using Outcome = Result<auth::FederationOutcome>;

// A provider, a server that knows it, and a browser.
struct World {
  explicit World(const config::Config& config = with_provider()) : t(config), provider(t) {}

  auth::FederationStart start(const auth::Person* caller = nullptr) {
    auto begun = auth::begin_federation(t.services, "fake", caller, {}, {}, from("192.0.2.1"));
    REQUIRE(begun);
    return std::move(*begun);
  }
  Outcome finish(const auth::FederationStart& begun) {
    return auth::finish_federation(t.services, "fake", provider.follow(begun.url), begun.binding,
                                   from("192.0.2.1"));
  }
  Outcome sign_in() { return finish(start()); }
  Outcome link(const auth::Tokens& tokens) {
    const auth::Person caller = caller_of(t, tokens);
    return finish(start(&caller));
  }

  Instance t;
  FakeProvider provider;
};

auth::Tokens tokens_of(Outcome outcome) {
  if (!outcome) FAIL(outcome.error().name + ": " + outcome.error().message);
  REQUIRE(std::holds_alternative<auth::LoginOutcome>(*outcome));
  return test::tokens_of(std::get<auth::LoginOutcome>(std::move(*outcome)));
}

using test::name_of;

void set_verified(World& w, UserId id) {
  REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = tables::find_user(tx, id).value();
    user.email_verified = true;
    tables::put_user(tx, user);
    return {};
  }));
}

}  // namespace

TEST_CASE("the first login makes an account, and the next one finds it") {
  World w;
  const auth::Tokens first = tokens_of(w.sign_in());
  CHECK(first.user.email == "ann@example.org");
  CHECK(first.user.email_verified);
  CHECK(first.user.first_name == "Ann");
  CHECK(first.user.password_hash.empty());
  CHECK(caller_of(w.t, first).session().amr == std::vector<std::string>{"fed"});
  CHECK(first.roles == std::vector<std::string>{"user"});

  // By the subject, whatever the email became.
  w.provider.email = "ann@elsewhere.test";
  const auth::Tokens second = tokens_of(w.sign_in());
  CHECK(second.user.id == first.user.id);
  CHECK(second.user.email == "ann@example.org");
  CHECK(auth::list_identities(w.t.services, first.user.id).value()[0].email ==
        "ann@elsewhere.test");

  w.provider.subject = "subject-2";
  CHECK(tokens_of(w.sign_in()).user.id != first.user.id);
}

TEST_CASE(
    "the browser is sent with PKCE, state and nonce, and the code is redeemed with the secret") {
  World w;
  const auth::FederationStart begun = w.start();
  CHECK(begun.url.starts_with("https://id.test/authorize?response_type=code&client_id=me&"));
  CHECK(parameter(begun.url, "redirect_uri") ==
        "https://auth.test/api/v1/auth/providers/fake/callback");
  CHECK(parameter(begun.url, "scope") == "openid email");
  CHECK(parameter(begun.url, "code_challenge_method") == "S256");
  CHECK(parameter(begun.url, "state") != parameter(w.start().url, "state"));
  REQUIRE(w.finish(begun));
  CHECK(w.provider.last_token_request.headers ==
        std::vector{"Authorization: Basic " + base64_encode("me:s%26cret")});
  CHECK(w.provider.last_token_request.form.find("client_secret") == std::string::npos);
}

TEST_CASE("a state is good once, in its browser, for its provider, for ten minutes") {
  World w;
  SECTION("once") {
    const auth::FederationStart begun = w.start();
    REQUIRE(w.finish(begun));
    CHECK(name_of(w.finish(begun)) == "invalid_state");
  }
  SECTION("a failure uses it up too") {
    const auth::FederationStart begun = w.start();
    w.provider.changed["aud"] = "\"somebody\"";
    CHECK(name_of(w.finish(begun)) == "invalid_id_token");
    w.provider.changed.clear();
    CHECK(name_of(w.finish(begun)) == "invalid_state");
  }
  SECTION("its browser") {
    const auth::FederationStart mine = w.start();
    auth::FederationStart foreign = w.start();
    foreign.url = mine.url;
    CHECK(name_of(w.finish(foreign)) == "invalid_state");
    CHECK(name_of(w.finish(mine)) == "invalid_state");
  }
  SECTION("the address of its API") {
    const auth::FederationStart begun = w.start();
    auth::Origin elsewhere = from("192.0.2.1");
    elsewhere.client = config::kOauthapp;
    CHECK(auth::finish_federation(w.t.services, "fake", w.provider.follow(begun.url), begun.binding,
                                  elsewhere)
              .error()
              .name == "invalid_state");
  }
  SECTION("no cookie") {
    auth::FederationStart begun = w.start();
    begun.binding = OneTimeSecret();
    CHECK(name_of(w.finish(begun)) == "invalid_state");
  }
  SECTION("ten minutes") {
    const auth::FederationStart begun = w.start();
    w.t.clock.advance(auth::kJourneyLife);
    CHECK(name_of(w.finish(begun)) == "invalid_state");
  }
  SECTION("it is swept") {
    w.start();
    w.t.clock.advance(auth::kJourneyLife);
    CHECK(tables::sweep_expired(w.t.store, w.t.clock.now()).value().removed >= 1);
  }
  CHECK(w.provider.asked["/token"] <= 1);
}

TEST_CASE("an ID token that is wrong in one point lets nobody in") {
  World w;
  const auto now = [&](int seconds) {
    return std::to_string(unix_seconds(w.t.clock.now()) + seconds);
  };
  using Claims = std::map<std::string, std::string>;
  const std::vector<Claims> wrong = {
      {{"iss", "\"https://id.test\""}},
      {{"iss", ""}},
      {{"aud", "\"you\""}},
      {{"aud", "[\"me\",\"you\"]"}, {"azp", "\"you\""}},
      {{"azp", "\"you\""}},
      {{"exp", now(-61)}},
      {{"exp", ""}},
      {{"iat", now(302)}},
      {{"iat", now(1000000000)}},
      {{"iat", now(-3602)}},
      {{"iat", "0"}},
      {{"iat", ""}},
      {{"nbf", now(302)}},
      {{"exp", now(-300)}, {"iat", now(-600)}},
      {{"nonce", "\"another\""}},
      {{"nonce", ""}},
      {{"sub", "\"\""}},
      {{"sub", ""}},
      {{"sub", "7"}},
      {{"sub", "\"" + std::string(256, 'x') + "\""}},
  };
  for (const Claims& claims : wrong) {
    w.provider.changed = claims;
    CAPTURE(claims.begin()->first, claims.begin()->second);
    CHECK(name_of(w.sign_in()) == "invalid_id_token");
  }
  CHECK_FALSE(w.t.store
                  .read([&](store::ReadTxn& tx) -> Result<bool> {
                    return tables::find_user_by_email(tx, "ann@example.org").has_value();
                  })
                  .value());
}

TEST_CASE("an ID token within the skew of the clocks is good") {
  World w;
  w.provider.changed = {{"exp", std::to_string(unix_seconds(w.t.clock.now()) - 59)},
                        {"iat", std::to_string(unix_seconds(w.t.clock.now()) + 59)},
                        {"aud", "[\"you\",\"me\"]"},
                        {"azp", "\"me\""}};
  CHECK(w.sign_in());
  // Errata 2 of OpenID Connect Core: azp need not be there.
  w.provider.changed["azp"] = "";
  CHECK(w.sign_in());
}

TEST_CASE("an ID token of a provider whose clock is slow or fast is good") {
  World w;
  // Microsoft Entra writes times of five minutes ago; the last ones are our bounds.
  const auto [issued, begins] = GENERATE(table<int, int>(
      {{-300, -300}, {-61, -61}, {-1800, -1800}, {-3600, -86400}, {240, 240}, {300, 300}}));
  const int64_t now = unix_seconds(w.t.clock.now());
  w.provider.changed = {{"iat", std::to_string(now + issued)},
                        {"nbf", std::to_string(now + begins)},
                        {"exp", std::to_string(now + 3600)}};
  CAPTURE(issued, begins);
  CHECK(name_of(w.sign_in()) == "ok");
}

TEST_CASE("how old an ID token may be counts from the beginning of the login") {
  World w;
  const auth::FederationStart begun = w.start();
  const int64_t then = unix_seconds(w.t.clock.now());
  w.t.clock.advance(std::chrono::minutes(9));
  w.provider.changed = {{"iat", std::to_string(then - 3600)}, {"exp", std::to_string(then + 900)}};
  CHECK(name_of(w.finish(begun)) == "ok");
}

TEST_CASE("the algorithm is the key's") {
  World w;
  const auto with_header = [](const std::string& token, const std::string& header) {
    return base64url_encode(header) + token.substr(token.find('.'));
  };
  SECTION("none") {
    w.provider.spoil = [&](std::string token) {
      token = with_header(token, "{\"alg\":\"none\"}");
      return token.substr(0, token.rfind('.') + 1);
    };
  }
  SECTION("HS256 by the public key") {
    w.provider.spoil = [&](const std::string& token) {
      const std::string input =
          with_header(token.substr(0, token.rfind('.')),
                      "{\"alg\":\"HS256\",\"kid\":\"" + w.provider.key->kid() + "\"}");
      return input + "." +
             base64url_encode(crypto::hmac_sha256(w.provider.key->public_jwk(), input));
    };
  }
  SECTION("a key that the token brings") {
    w.provider.spoil = [&](const std::string& token) {
      return with_header(token, "{\"alg\":\"ES256\",\"jwk\":" + w.provider.key->public_jwk() + "}");
    };
  }
  SECTION("an access token") {
    w.provider.spoil = [&](const std::string& token) {
      return crypto::sign_jwt(*w.provider.key, "at+jwt",
                              base64url_decode(token.substr(token.find('.') + 1,
                                                            token.rfind('.') - token.find('.') - 1))
                                  .value())
          .value();
    };
  }
  SECTION("a changed signature") {
    w.provider.spoil = [](std::string token) {
      token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
      return token;
    };
  }
  SECTION("nothing") {
    w.provider.spoil = [](const std::string&) { return std::string(); };
  }
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
}

TEST_CASE("keys are remembered, and fetched anew for an unknown one, once a minute") {
  World w;
  REQUIRE(w.sign_in());
  REQUIRE(w.sign_in());
  CHECK(w.provider.asked["/keys"] == 1);
  CHECK(w.provider.asked["/.well-known/openid-configuration"] == 1);

  w.provider.new_key();
  REQUIRE(w.sign_in());
  CHECK(w.provider.asked["/keys"] == 2);

  w.provider.new_key();
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
  CHECK(w.provider.asked["/keys"] == 2);
  w.t.clock.advance(auth::kRefetchPause);
  REQUIRE(w.sign_in());
  CHECK(w.provider.asked["/keys"] == 3);

  w.t.clock.advance(auth::kCopyLife);
  REQUIRE(w.sign_in());
  CHECK(w.provider.asked["/keys"] == 4);
  CHECK(w.provider.asked["/.well-known/openid-configuration"] == 2);
}

TEST_CASE("a discovery of another issuer is not believed") {
  World w;
  w.provider.issuer = "https://id.test";  // without its slash
  CHECK(auth::begin_federation(w.t.services, "fake", nullptr, {}, {}, {}).error().name ==
        "provider_unavailable");
}

TEST_CASE("a provider that is down is left alone for a moment") {
  World w;
  w.provider.is_down = true;
  CHECK_FALSE(auth::begin_federation(w.t.services, "fake", nullptr, {}, {}, {}));
  CHECK_FALSE(auth::begin_federation(w.t.services, "fake", nullptr, {}, {}, {}));
  CHECK(w.provider.asked["/.well-known/openid-configuration"] == 1);
  w.provider.is_down = false;
  w.t.clock.advance(auth::kFailurePause);
  CHECK(w.sign_in());
}

TEST_CASE("only so many logins wait for their providers") {
  World w;
  std::vector<auth::Providers::Permit> permits;
  for (unsigned i = 0; i < auth::kMaxOutgoing; ++i)
    permits.push_back(w.t.providers.enter().value());
  const auto refused = auth::begin_federation(w.t.services, "fake", nullptr, {}, {}, {});
  CHECK(refused.error().code == ErrorCode::busy);
  CHECK(refused.error().retry_after_s > 0);
  permits.pop_back();
  const auth::FederationStart begun = w.start();
  permits.push_back(w.t.providers.enter().value());
  // A callback that has to wait keeps its state.
  CHECK(w.finish(begun).error().code == ErrorCode::busy);
  permits.clear();
  CHECK(w.finish(begun));
}

TEST_CASE("an account with the same email is linked only when both sides verified it") {
  World w;
  const tables::User ann = add_user(w.t, "ann");  // ann@example.org
  SECTION("neither") {
    w.provider.email_verified = false;
    CHECK(name_of(w.sign_in()) == "account_exists");
  }
  SECTION("the provider alone, which takes the account from whoever made it") {
    const auth::Tokens before = test::tokens_of(try_login(w.t, "ann"));
    CHECK(tokens_of(w.sign_in()).user.id == ann.id);
    CHECK_FALSE(is_alive(w.t, before));
    CHECK_FALSE(try_login(w.t, "ann"));
    CHECK(auth::list_identities(w.t.services, ann.id).value().size() == 1);
  }
  SECTION("the account alone") {
    set_verified(w, ann.id);
    w.provider.email_verified = false;
    CHECK(name_of(w.sign_in()) == "account_exists");
  }
  SECTION("both") {
    set_verified(w, ann.id);
    CHECK(tokens_of(w.sign_in()).user.id == ann.id);
    take_mail(w.t, tables::MailKind::factors_changed, "ann@example.org");
    // Somebody else there with the same address, after it was given away.
    w.provider.subject = "subject-2";
    CHECK(name_of(w.sign_in()) == "provider_linked");
  }
}

TEST_CASE("an email that nobody verified is mailed a link, or not taken at all") {
  config::Config config = with_provider();
  SECTION("mailed") {
    World w(config);
    w.provider.email_verified = false;
    CHECK_FALSE(tokens_of(w.sign_in()).user.email_verified);
    take_mail(w.t, tables::MailKind::verify_email, "ann@example.org");
  }
  SECTION("not taken") {
    config.signup.require_verified_email = true;
    World w(config);
    w.provider.email_verified = false;
    CHECK(name_of(w.sign_in()) == "email_not_verified");
  }
  SECTION("none") {
    World w(config);
    w.provider.changed["email"] = "";
    CHECK(name_of(w.sign_in()) == "email_required");
  }
}

TEST_CASE("without sign-up nobody new comes in") {
  config::Config config = with_provider();
  config.signup.enabled = false;
  World w(config);
  CHECK(name_of(w.sign_in()) == "signup_disabled");
  const tables::User ann = add_user(w.t, "ann");
  set_verified(w, ann.id);
  CHECK(tokens_of(w.sign_in()).user.id == ann.id);
}

TEST_CASE("a disabled account stays out") {
  World w;
  const auth::Tokens tokens = tokens_of(w.sign_in());
  REQUIRE(auth::set_disabled(w.t.services, tokens.user.id, true, {}));
  CHECK(name_of(w.sign_in()) == "account_disabled");
}

TEST_CASE("the second factor is still asked for") {
  config::Config config = with_provider();
  config.mfa.email_otp = config::EmailOtp::required;
  World w(config);
  const Outcome outcome = w.sign_in();
  REQUIRE(outcome);
  const auto& needed = std::get<auth::MfaNeeded>(std::get<auth::LoginOutcome>(*outcome));
  const OneTimeSecret code =
      secret_of(w.t, take_mail(w.t, tables::MailKind::login_code, "ann@example.org"));
  const auth::Tokens tokens =
      test::tokens_of(auth::answer_challenge(w.t.services, needed.token, typed(code.reveal()), {}));
  CHECK(caller_of(w.t, tokens).session().amr == std::vector<std::string>{"fed", "otp", "mfa"});
}

TEST_CASE("the signed-in user links a provider") {
  World w;
  add_user(w.t, "bob");
  const auth::Tokens bob = test::tokens_of(try_login(w.t, "bob"));
  SECTION("whatever email it tells") {
    const Outcome linked = w.link(bob);
    REQUIRE(linked);
    CHECK(std::get<tables::Identity>(*linked).user == bob.user.id);
    CHECK(tokens_of(w.sign_in()).user.id == bob.user.id);
    CHECK(w.link(bob));  // again is no error
    w.provider.subject = "subject-2";
    CHECK(name_of(w.link(bob)) == "provider_linked");
  }
  SECTION("not one that is somebody else's") {
    tokens_of(w.sign_in());
    CHECK(name_of(w.link(bob)) == "identity_taken");
  }
  SECTION("with a fresh proof") {
    const auth::Person caller = caller_of(w.t, bob);
    w.t.clock.advance(auth::kFreshProof);
    CHECK(auth::begin_federation(w.t.services, "fake", &caller, {}, {}, {}).error().name ==
          "reauthentication_required");
  }
  SECTION("while the session lives") {
    const auth::Person caller = caller_of(w.t, bob);
    const auth::FederationStart begun = w.start(&caller);
    REQUIRE(auth::end_all_sessions(w.t.services, bob.user.id, {}));
    CHECK(w.finish(begun).error().code == ErrorCode::unauthenticated);
    CHECK(auth::list_identities(w.t.services, bob.user.id).value().empty());
  }
}

TEST_CASE("unlinking leaves a way into the account") {
  World w;
  const auth::Tokens ann = tokens_of(w.sign_in());
  const auto unlink = [&](const auth::Tokens& tokens) {
    return auth::unlink_identity(w.t.services, caller_of(w.t, tokens), "fake", {});
  };
  CHECK(unlink(ann).error().name == "last_login_method");
  REQUIRE(auth::set_password(w.t.services, ann.user.id, Password(kPassword), {}));
  // A session alone removes nothing.
  const auth::Person late = caller_of(w.t, tokens_of(w.sign_in()));
  w.t.clock.advance(auth::kFreshProof);
  CHECK(auth::unlink_identity(w.t.services, late, "fake", {}).error().name ==
        "reauthentication_required");
  CHECK(auth::list_identities(w.t.services, ann.user.id).value().size() == 1);
  const auth::Tokens again = tokens_of(w.sign_in());
  const auth::Tokens other = tokens_of(w.sign_in());
  CHECK(unlink(again));
  CHECK(is_alive(w.t, again));
  CHECK_FALSE(is_alive(w.t, other));
  CHECK(unlink(again).error().code == ErrorCode::not_found);
  CHECK(tokens_of(w.sign_in()).user.id == ann.user.id);  // linked again by the email
}

TEST_CASE("the owner is told of a provider that is linked, and of one that is unlinked") {
  World w;
  const tables::User bob = add_user(w.t, "bob");
  const auth::Tokens tokens = test::tokens_of(try_login(w.t, "bob"));
  const auto told = [&] {
    return take_mail(w.t, tables::MailKind::factors_changed, "bob@example.org").detail;
  };
  const auto about_fake = [](const char* word) {
    return tables::detail_of({{word, {{"provider", "Fake"}}}});
  };
  REQUIRE(w.link(tokens));
  CHECK(told() == about_fake("provider_added"));
  SECTION("by the owner") {
    REQUIRE(auth::unlink_identity(w.t.services, caller_of(w.t, tokens), "fake", {}));
  }
  SECTION("by an administrator") {
    REQUIRE(auth::unlink_user_identity(w.t.services, bob.id, "fake", {}));
  }
  CHECK(told() == about_fake("provider_removed"));
}

TEST_CASE("a user without a password sets one by the reset mail") {
  World w;
  const UserId ann = tokens_of(w.sign_in()).user.id;
  REQUIRE(auth::forgot_password(w.t.services, "ann@example.org", {}));
  const OneTimeSecret token =
      secret_of(w.t, take_mail(w.t, tables::MailKind::reset_password, "ann@example.org"));
  REQUIRE(auth::reset_password(w.t.services, token, Password(kPassword), {}));
  CHECK(test::tokens_of(try_login(w.t, "ann@example.org")).user.id == ann);
  CHECK(auth::list_identities(w.t.services, ann).value().size() == 1);
}

TEST_CASE("who takes an unconfirmed account over by the reset mail takes it alone") {
  World w;
  w.provider.email_verified = false;
  const UserId ann = tokens_of(w.sign_in()).user.id;  // by somebody who only claims the address
  REQUIRE(auth::forgot_password(w.t.services, "ann@example.org", {}));
  const OneTimeSecret token =
      secret_of(w.t, take_mail(w.t, tables::MailKind::reset_password, "ann@example.org"));
  REQUIRE(auth::reset_password(w.t.services, token, Password(kPassword), {}));
  CHECK(auth::list_identities(w.t.services, ann).value().empty());
  CHECK(name_of(w.sign_in()) == "account_exists");
}

TEST_CASE("an account that is deleted takes its identities along") {
  World w;
  const UserId ann = tokens_of(w.sign_in()).user.id;
  REQUIRE(auth::delete_account(w.t.services, ann, {}));
  CHECK(auth::list_identities(w.t.services, ann).value().empty());
  CHECK(tokens_of(w.sign_in()).user.id != ann);
}

TEST_CASE("what a user who is gone left behind is nobody's") {
  World w;
  const UserId ann = tokens_of(w.sign_in()).user.id;
  REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::mark_erased(tx, tables::find_user(tx, ann).value(), w.t.clock.now());
    return {};
  }));
  const UserId other = tokens_of(w.sign_in()).user.id;
  CHECK(other != ann);
  CHECK(auth::check_store(w.t.services).value().findings == std::vector<std::string>{});
  // The identity is the other one's now, and what is left of the first is erased without it.
  REQUIRE(tables::erase_owned(w.t.store, ann));
  CHECK(auth::list_identities(w.t.services, other).value().size() == 1);
  CHECK(auth::check_store(w.t.services).value().findings == std::vector<std::string>{});
}

TEST_CASE("a subject of another issuer under the same name is somebody else") {
  World w;
  tokens_of(w.sign_in());
  w.t.config.providers[0].issuer = w.provider.issuer = "https://id2.test/";
  w.t.clock.advance(auth::kCopyLife);
  CHECK(name_of(w.sign_in()) == "issuer_changed");
}

TEST_CASE("a provider's refusal is passed on, its words only as far as they are plain") {
  World w;
  const auto refuse = [&](const std::string& error) {
    const auth::FederationStart begun = w.start();
    auth::FederationAnswer back = w.provider.follow(begun.url);
    back.error = error;
    return auth::finish_federation(w.t.services, "fake", back, begun.binding, {}).error();
  };
  CHECK(refuse("access_denied").name == "provider_refused");
  CHECK(refuse("access_denied").message.find("access_denied") != std::string::npos);
  CHECK(refuse("<b>").message.find("<b>") == std::string::npos);
}

TEST_CASE("an answer that names another issuer is another provider's") {
  World w;
  const auth::FederationStart begun = w.start();
  auth::FederationAnswer back = w.provider.follow(begun.url);
  back.issuer = "https://evil.test/";
  CHECK(auth::finish_federation(w.t.services, "fake", back, begun.binding, {}).error().name ==
        "invalid_id_token");
}

TEST_CASE("guesses at a state are slowed down by address") {
  World w;
  Result<auth::FederationOutcome> last = Error{ErrorCode::invalid, ""};
  for (int i = 0; i < 60 && last.error().code != ErrorCode::rate_limited; ++i) {
    auth::FederationAnswer answer;
    answer.state = OneTimeSecret(std::string(43, 'a'));
    last =
        auth::finish_federation(w.t.services, "fake", answer, OneTimeSecret(), from("192.0.2.9"));
    REQUIRE_FALSE(last);
  }
  CHECK(last.error().code == ErrorCode::rate_limited);
}
