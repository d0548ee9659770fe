#include "auth/upkeep/explain.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/api_keys.h"
#include "auth/sessions/activity_writer.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/session_cookie.h"
#include "auth/sessions/session_tokens.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using test::add_user;
using test::from;
using test::tokens_of;
using test::try_login;
using namespace std::chrono_literals;

namespace {

// Explains, and sees to it that nothing was written, counted or noted by that.
auth::Explanation explain(test::Instance& t, std::string_view text) {
  REQUIRE(auth::write_activity(t.services));
  const uint64_t before = t.memory.stats().writes;
  const auto told = auth::explain_token(t.services, text, t.clock.now());
  REQUIRE(told);
  CHECK(auth::write_activity(t.services).value() == 0);
  CHECK(t.memory.stats().writes == before);
  return *told;
}

auth::Explanation explain_login(test::Instance& t, std::string_view login,
                                const char* address = "192.0.2.1") {
  const uint64_t before = t.memory.stats().writes;
  const auto told = auth::explain_login(t.services, login, IpAddress::parse(address).value());
  REQUIRE(told);
  CHECK(t.memory.stats().writes == before);
  return *told;
}

// The check that decided; empty when it is accepted. It is the last one of a credential, and of a
// login the first that failed.
std::string refused_by(const auth::Explanation& told) {
  for (const auth::Trace::Step& step : told.trace.steps) {
    if (step.is_passed) continue;
    CHECK_FALSE(told.is_accepted);
    CHECK(told.verdict.starts_with("refused: " + step.what));
    return step.what;
  }
  CHECK(told.is_accepted);
  return "";
}

std::string detail_of(const auth::Explanation& told, std::string_view what) {
  for (const auth::Trace::Step& step : told.trace.steps) {
    if (step.what == what) return step.detail;
  }
  return "";
}

void change(test::Instance& t, UserId id, const std::function<void(tables::User&)>& how) {
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = tables::find_user(tx, id).value();
    how(user);
    tables::put_user(tx, user);
    return {};
  }));
}

struct House {
  test::Instance t;
  tables::User ann = add_user(t, "ann");
  auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  std::string access = std::string(tokens.access.reveal());
  std::string refresh = std::string(tokens.refresh.reveal());
};

}  // namespace

TEST_CASE("an access token is explained by the check that decides") {
  House h;
  CHECK(refused_by(explain(h.t, h.access)) == "");
  CHECK(explain(h.t, "Authorization: Bearer " + h.access + " \n").is_accepted);
  SECTION("form") {
    CHECK(refused_by(explain(h.t, "a.b.c")) == "form");
  }
  SECTION("signature") {
    std::string altered = h.access;
    const size_t at = altered.rfind('.') + 10;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    CHECK(refused_by(explain(h.t, altered)) == "signature");
  }
  SECTION("key") {
    const auto keys = auth::current_keys(h.t.services);
    REQUIRE(keys);
    REQUIRE(
        auth::withdraw_key(h.t.services, (*keys)->active(crypto::Algorithm::es256)->row.kid, {}));
    CHECK(refused_by(explain(h.t, h.access)) == "key");
  }
  SECTION("issuer") {
    h.t.config.tokens.issuer = "https://other.example";
    CHECK(refused_by(explain(h.t, h.access)) == "issuer");
  }
  SECTION("audience") {
    h.t.config.tokens.audience = "others";
    CHECK(refused_by(explain(h.t, h.access)) == "audience");
  }
  SECTION("expiry") {
    h.t.clock.advance(16min);
    CHECK(refused_by(explain(h.t, h.access)) == "expiry");
  }
  SECTION("session") {
    REQUIRE(auth::end_session(h.t.services, h.tokens.session.id, {}));
    CHECK(refused_by(explain(h.t, h.access)) == "session");
  }
  SECTION("all sessions") {
    REQUIRE(auth::end_all_sessions(h.t.services, h.ann.id, {}));
    CHECK(refused_by(explain(h.t, h.access)) == "sessions of the user");
  }
  SECTION("account") {
    change(h.t, h.ann.id, [](tables::User& user) { user.disabled = true; });
    CHECK(refused_by(explain(h.t, h.access)) == "account");
  }
  SECTION("revocation") {
    REQUIRE(auth::revoke_token(h.t.services, h.access, {}, h.t.clock.now()));
    CHECK(refused_by(explain(h.t, h.access)) == "revocation");
  }
  SECTION("idle") {
    h.t.config.tokens.idle_timeout = 5min;
    h.t.clock.advance(14min);
    CHECK(refused_by(explain(h.t, h.access)) == "idle");
  }
}

TEST_CASE("an explanation is the decision: whatever is explained is decided so") {
  House h;
  for (const Milliseconds later : {0min, 14min, 16min}) {
    h.t.clock.advance(later);
    const bool is_good = auth::authenticate(h.t.services, h.access, h.t.clock.now()).has_value();
    CHECK(explain(h.t, h.access).is_accepted == is_good);
  }
}

TEST_CASE("a refresh token is explained without being used") {
  House h;
  for (int round = 0; round < 3; ++round)
    CHECK(refused_by(explain(h.t, h.refresh)) == "");
  const auto next = auth::refresh(h.t.services, RefreshToken(h.refresh), {});
  REQUIRE(next);
  // Within the grace it is still good; later it would end the session, which explaining does not.
  CHECK(explain(h.t, h.refresh).is_accepted);
  h.t.clock.advance(1min);
  CHECK(refused_by(explain(h.t, h.refresh)) == "generation");
  CHECK(explain(h.t, next->refresh.reveal()).is_accepted);
  std::string altered = h.refresh;
  altered[20] = altered[20] == 'A' ? 'B' : 'A';
  CHECK(refused_by(explain(h.t, altered)) == "form");
}

TEST_CASE("an API key and a cookie are explained as well, and what is none of all") {
  House h;
  const auto made = auth::add_api_key(h.t.services, h.ann.id, {}, {"ci", {"verify"}, 1h}, {});
  REQUIRE(made);
  const std::string key(made->text.reveal());
  CHECK(refused_by(explain(h.t, key)) == "");
  CHECK(refused_by(explain(h.t, key.substr(0, key.size() - 1) + "!")) == "form");
  SECTION("expired") {
    h.t.clock.advance(1h);
    CHECK(refused_by(explain(h.t, key)) == "expiry");
  }
  SECTION("revoked") {
    REQUIRE(auth::revoke_api_key(h.t.services, h.ann.id, made->key.number, {}));
    CHECK(refused_by(explain(h.t, key)) == "key");
  }
  SECTION("disabled") {
    change(h.t, h.ann.id, [](tables::User& user) { user.disabled = true; });
    CHECK(refused_by(explain(h.t, key)) == "account");
  }
  SECTION("cookie") {
    auth::Origin browser;
    browser.wants_cookie = true;
    const auth::Tokens kept = tokens_of(try_login(h.t, "ann", browser));
    const std::string header = auth::session_cookie(h.t.services, kept.session, h.t.clock.now());
    const std::string pair = header.substr(0, header.find(';'));
    CHECK(refused_by(explain(h.t, pair)) == "");
    CHECK(explain(h.t, pair).what == "session cookie");
    std::string altered = pair;
    altered.back() = altered.back() == 'A' ? 'Q' : 'A';
    CHECK(refused_by(explain(h.t, altered)) == "value");
    REQUIRE(auth::end_session(h.t.services, kept.session.id, {}));
    CHECK(refused_by(explain(h.t, pair)) == "session");
  }
  SECTION("none") {
    CHECK(refused_by(explain(h.t, "correct horse")) == "form");
    CHECK(refused_by(explain(h.t, "")) == "form");
  }
}

TEST_CASE("a login is explained by everything that would refuse or delay it") {
  House h;
  CHECK(refused_by(explain_login(h.t, "ann")) == "");
  CHECK(refused_by(explain_login(h.t, "ANN@example.org")) == "");
  CHECK_FALSE(explain_login(h.t, "ann").recent.empty());
  CHECK(refused_by(explain_login(h.t, "nobody")) == "account");
  SECTION("disabled") {
    change(h.t, h.ann.id, [](tables::User& user) { user.disabled = true; });
    CHECK(refused_by(explain_login(h.t, "ann")) == "enabled");
  }
  SECTION("an email that must be confirmed") {
    h.t.config.signup.require_verified_email = true;
    CHECK(refused_by(explain_login(h.t, "ann")) == "email");
  }
  SECTION("no password") {
    change(h.t, h.ann.id, [](tables::User& user) { user.password_hash.clear(); });
    CHECK(refused_by(explain_login(h.t, "ann")) == "password");
  }
  SECTION("a hash of no known form") {
    change(h.t, h.ann.id, [](tables::User& user) { user.password_hash = "$9$salt$hash"; });
    const auth::Explanation told = explain_login(h.t, "ann");
    CHECK(refused_by(told) == "password hash");
    CHECK(told.verdict.find("salt") == std::string::npos);
  }
  SECTION("a second factor is no refusal, and said") {
    h.t.config.mfa.email_otp = config::EmailOtp::required;
    const auth::Explanation told = explain_login(h.t, "ann");
    CHECK(refused_by(told) == "");
    CHECK(told.verdict.find("email") != std::string::npos);
  }
  SECTION("steps are no refusal, and said") {
    h.t.config.terms.version = "1";
    change(h.t, h.ann.id, [](tables::User& user) { user.must_change_password = true; });
    const auth::Explanation told = explain_login(h.t, "ann");
    CHECK(refused_by(told) == "");
    CHECK(detail_of(told, "steps") == "then asked for: terms password_change");
    CHECK(told.verdict.find("terms password_change") != std::string::npos);
  }
}

TEST_CASE("a login that has to wait is explained by what is counted, and is not counted itself") {
  House h;
  for (int i = 0; i < 6; ++i)
    CHECK_FALSE(try_login(h.t, "ann", from("192.0.2.1"), "wrong"));
  CHECK(refused_by(explain_login(h.t, "ann")) == "failures of both together");
  CHECK(detail_of(explain_login(h.t, "ann"), "failures of this name").starts_with("6; "));
  // Another address has not failed, and the account's own count is far from its limit.
  CHECK(refused_by(explain_login(h.t, "ann", "198.51.100.1")) == "");
  h.t.clock.advance(2s);
  for (int i = 0; i < 20; ++i)
    CHECK(refused_by(explain_login(h.t, "ann")) == "");
  CHECK(try_login(h.t, "ann", from("192.0.2.1")));
}
