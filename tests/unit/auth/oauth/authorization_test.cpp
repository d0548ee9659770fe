#include "auth/oauth/requests/authorization.h"

#include "auth/accounts/roles/role_grants.h"
#include "auth/core/subject.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/acr.h"
#include "auth/oauth/tokens/code_exchange.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "support/clients.h"
#include "support/people.h"
#include "tables/sessions.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using Pairs = std::vector<Parameters::Pair>;

const std::string kVerifier(43, 'v');

struct Deciding {
  Deciding() {
    ann = test::add_user(t, "ann");
    test::put_client(t, "app");
  }
  void put_client(const std::function<void(tables::Client&)>& change) {
    test::put_client(t, "app", change);
  }
  void sign_in(const char* name = "ann") {
    person = test::caller_of(t, test::tokens_of(test::try_login(t, name)));
  }
  void ask(const Pairs& changes = {}) {
    std::map<std::string, std::string> all = {
        {"client_id", "app"},
        {"response_type", "code"},
        {"scope", "openid email"},
        {"code_challenge", base64url_encode(crypto::sha256(kVerifier))},
        {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : changes)
      all[name] = value;
    const Result<Parameters> parameters = Parameters::read(Pairs(all.begin(), all.end()));
    REQUIRE(parameters);
    Result<ReadRequest> made = read_authorization_request(t.services, *parameters);
    REQUIRE(made);
    REQUIRE_FALSE(made->refusal);
    request = made->request;
    carried = CarriedRequest{*parameters, t.clock.now(), Answer::none, ""};
    t.clock.advance(1s);
  }
  // On the consent page, and on with what it sends.
  void answer(Answer given) {
    const auto text = answer_request(t.services, asking(), given, {});
    REQUIRE(text);
    carried = read_carried(t.services, *text, t.clock.now()).value();
  }
  Asking asking() const {
    return {request, carried, person ? &*person : nullptr, IpAddress::parse(address).value()};
  }
  // "sign_in", "refuse login_required", "stop access_denied roles", …
  std::string decided() {
    const Result<Decision> decision = decide(t.services, asking(), t.clock.now());
    REQUIRE(decision);
    std::string text(word_of(decision->step));
    for (const std::string& word : {decision->error.name, decision->error.reason})
      text += word.empty() ? "" : " " + word;
    return text;
  }
  std::string decided(const Pairs& changes) {
    ask(changes);
    return decided();
  }
  Result<std::string> issue() { return grant_code(t.services, asking(), {}); }
  Result<IssuedTokens> exchange(const std::string& code) {
    const auto client = t.store.read([](store::ReadTxn& tx) {
      return Result<tables::Client>(*tables::clients.find(tx, "app"));
    });
    return exchange_code(t.services, Program{*client}, {code, "", kVerifier, {}}, {});
  }

  test::Instance t;
  tables::User ann;
  AuthorizationRequest request;
  CarriedRequest carried;
  std::optional<Person> person;
  const char* address = "192.0.2.1";
};

TEST_CASE("a request goes from the sign-in over the consent to a code, and the next one at once") {
  Deciding d;
  CHECK(d.decided({}) == "sign_in");
  d.sign_in();
  CHECK(d.decided() == "ask");
  d.answer(Answer::allowed);
  REQUIRE(d.decided() == "issue");
  const auto code = d.issue();
  REQUIRE(code);
  CHECK(d.exchange(*code));
  CHECK(d.decided({}) == "issue");
  CHECK(d.decided({{"scope", "openid"}}) == "issue");
  CHECK(d.decided({{"scope", "openid email profile"}}) == "ask");
}

TEST_CASE(
    "an answer counts in the session in which it was given, and a refusal reaches the client") {
  Deciding d;
  d.sign_in();
  d.ask();
  d.answer(Answer::denied);
  CHECK(d.decided() == "refuse access_denied");
  d.carried.answered_by = std::string(16, 'x');
  CHECK(d.decided() == "ask");
  d.carried.answer = Answer::allowed;
  CHECK(d.decided() == "ask");
}

TEST_CASE("a pairwise client names people as it knows them") {
  Deciding d;
  d.put_client([](tables::Client& client) {
    client.is_pairwise = true;
    client.skips_consent = true;
  });
  d.sign_in();
  d.ask();
  const auto sub = subject_for(d.t.services, d.request.client, d.ann);
  REQUIRE(sub);
  const auto asked_for = [&](const std::string& subject) {
    d.ask({{"claims", R"({"id_token":{"sub":{"value":")" + subject + R"("}}})"}});
    return d.decided();
  };
  CHECK(asked_for(*sub) == "issue");
  // It does not find out whether this is the name that others have for the person.
  CHECK(asked_for(subject_of(d.ann)) == "sign_in");
  d.ask();
  for (const std::string& hint : {*sub, subject_of(d.ann)}) {
    d.request.hinted_subject = hint;
    CHECK(d.decided() == "issue");
  }
  d.request.hinted_subject = "another";
  CHECK(d.decided() == "sign_in");
}

TEST_CASE("an answer counts no longer than the consent") {
  Deciding d;
  d.sign_in();
  d.ask({{"prompt", "consent"}});
  CHECK(d.decided() == "ask");
  d.answer(Answer::allowed);
  CHECK(d.decided() == "issue");
  REQUIRE(d.exchange(*d.issue()));
  const auto grants = list_grants(d.t.services, d.ann.id, d.t.clock.now());
  REQUIRE(grants->size() == 1);
  REQUIRE(end_own_grant(d.t.services, d.ann.id, grants->front().grant.id, {}));
  CHECK(d.decided() == "ask");
}

TEST_CASE("prompt=none shows no page, whatever is missing") {
  Deciding d;
  const Pairs none = {{"prompt", "none"}};
  CHECK(d.decided(none) == "refuse login_required");
  d.sign_in();
  CHECK(d.decided(none) == "refuse consent_required");
  CHECK(d.decided({{"prompt", "none"}, {"max_age", "0"}}) == "refuse login_required");
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.required_acr = "mfa";
  });
  CHECK(d.decided(none) == "refuse unmet_authentication_requirements");
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.roles = {"staff"};
  });
  CHECK(d.decided(none) == "refuse access_denied");
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  CHECK(d.decided(none) == "issue");
}

TEST_CASE("a new login is asked for once") {
  Deciding d;
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  d.sign_in();
  for (const Pairs& wanted : {Pairs{{"prompt", "login"}}, Pairs{{"max_age", "0"}}}) {
    CHECK(d.decided(wanted) == "sign_in");
    d.sign_in();
    CHECK(d.decided() == "issue");
  }
  CHECK(d.decided({{"max_age", "60"}}) == "issue");
  d.t.clock.advance(61s);
  CHECK(d.decided({{"max_age", "60"}}) == "sign_in");
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.max_age_ms = 30'000;
  });
  CHECK(d.decided({}) == "sign_in");
  // The request may ask for less than the client is registered with, and not for more.
  CHECK(d.decided({{"max_age", "600"}}) == "sign_in");
}

TEST_CASE("prompt=create shows the sign-up, until an account was made for the request") {
  Deciding d;
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  CHECK(d.decided({{"prompt", "create"}}) == "sign_up");
  test::add_user(d.t, "bob");
  d.sign_in("bob");
  CHECK(d.decided() == "issue");
  CHECK(d.decided({{"prompt", "create"}}) == "sign_up");
}

TEST_CASE("who is meant by the claims parameter is to be signed in") {
  Deciding d;
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  d.sign_in();
  const auto asked_for = [](const std::string& subject) {
    return Pairs{{"claims", R"({"id_token":{"sub":{"value":")" + subject + R"("}}})"}};
  };
  CHECK(d.decided(asked_for(subject_of(d.ann))) == "issue");
  CHECK(d.decided(asked_for("somebody else")) == "sign_in");
}

TEST_CASE("an application that wants two factors gets them, or sends people to add one") {
  Deciding d;
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.required_acr = "mfa";
  });
  d.sign_in();
  CHECK(d.decided({}) == "add_factor");
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  const auto essential = [](const std::string& acr) {
    return Pairs{
        {"claims", R"({"id_token":{"acr":{"essential":true,"values":[")" + acr + R"("]}}})"}};
  };
  CHECK(d.decided(essential("mfa")) == "add_factor");
  CHECK(d.decided(essential("1fa")) == "issue");
  CHECK(d.decided(essential("urn:gold")) == "refuse unmet_authentication_requirements");
  // A wish alone keeps nobody out.
  CHECK(d.decided({{"acr_values", "mfa"}}) == "issue");
}

TEST_CASE("a passkey is the strongest login") {
  Deciding d;
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.required_acr = "phr";
  });
  const auto with = [&](std::vector<std::string> amr) {
    const Tokens tokens = test::tokens_of(test::try_login(d.t, "ann"));
    tables::Session session = test::caller_of(d.t, tokens).session();
    session.amr = std::move(amr);
    REQUIRE(d.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::update_session(tx, session);
      return {};
    }));
    d.person = test::caller_of(d.t, tokens);
    return d.decided({});
  };
  CHECK(with({"pwd"}) == "add_factor");
  CHECK(with({"pwd", "otp", "mfa"}) == "add_factor");
  CHECK(with({"pwd", "hwk", "mfa"}) == "add_factor");
  CHECK(with({"hwk", "user", "mfa"}) == "issue");
  CHECK(with({"swk", "user", "mfa"}) == "issue");
  // It is good for whatever asks for less.
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.required_acr = "mfa";
  });
  CHECK(with({"hwk", "user", "mfa"}) == "issue");
  CHECK(acr_of({"hwk", "user", "mfa"}) == "phr");
  CHECK(acr_of({"pwd", "hwk", "mfa"}) == "mfa");
  CHECK(acr_of({"pwd"}) == "1fa");
}

TEST_CASE("roles and networks keep people out, with a page") {
  Deciding d;
  d.sign_in();
  d.put_client([](tables::Client& client) {
    client.skips_consent = true;
    client.roles = {"staff", "user"};
    client.networks = {"198.51.100.0/24", "192.0.2.0/24"};
  });
  CHECK(d.decided({}) == "issue");
  d.address = "203.0.113.1";
  CHECK(d.decided({}) == "stop access_denied network");
  d.address = "192.0.2.1";
  d.put_client([](tables::Client& client) { client.roles = {"staff"}; });
  CHECK(d.decided({}) == "stop access_denied roles");
}

TEST_CASE(
    "consent is asked for when it is prompted for, and of what anybody's program can receive") {
  Deciding d;
  const auto with = [](bool is_public, const std::string& uri) {
    return [=](tables::Client& client) {
      client.skips_consent = true;
      client.is_public = is_public;
      client.redirect_uris = {uri};
    };
  };
  d.sign_in();
  d.put_client(with(true, "http://127.0.0.1/callback"));
  CHECK(d.decided({}) == "ask");
  d.answer(Answer::allowed);
  CHECK(d.decided() == "issue");
  REQUIRE(d.issue());
  CHECK(d.decided({}) == "ask");
  d.put_client(with(true, "https://app.example/callback"));
  CHECK(d.decided({}) == "issue");
  CHECK(d.decided({{"prompt", "consent"}}) == "ask");
  CHECK(d.decided({{"prompt", "select_account"}}) == "ask");
}

TEST_CASE("a grant hangs on its session, or with offline_access on the account alone") {
  Deciding d;
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  d.sign_in();
  const auto is_alive_after_sign_out = [&](const std::string& scope) {
    d.ask({{"scope", scope}});
    const auto code = d.issue();
    REQUIRE(code);
    const auto tokens = d.exchange(*code);
    REQUIRE(tokens);
    REQUIRE(end_session(d.t.services, d.person->session().id, {}));
    return authenticate_client_token(d.t.services, tokens->access.reveal(), d.t.clock.now())
        .has_value();
  };
  CHECK_FALSE(is_alive_after_sign_out("openid"));
  d.sign_in();
  CHECK(is_alive_after_sign_out("openid offline_access"));
}

TEST_CASE("the end changes nothing if person or client changed after the decision") {
  Deciding d;
  d.put_client([](tables::Client& client) { client.skips_consent = true; });
  d.sign_in();
  d.ask();
  REQUIRE(d.decided() == "issue");
  SECTION("the client") {
    d.put_client([&](tables::Client& client) {
      client.skips_consent = true;
      client.updated_at = d.t.clock.now();
    });
    CHECK(d.issue().error().name == "client_changed");
  }
  SECTION("the session") {
    REQUIRE(end_session(d.t.services, d.person->session().id, {}));
    CHECK(d.issue().error().code == ErrorCode::unauthenticated);
  }
  SECTION("the account") {
    REQUIRE(set_disabled(d.t.services, d.ann.id, true, {}));
    CHECK(d.issue().error().code == ErrorCode::unauthenticated);
  }
  CHECK(list_grants(d.t.services, d.ann.id, d.t.clock.now())->empty());
}

TEST_CASE("no grant comes of a consent that was withdrawn after the decision") {
  Deciding d;
  d.put_client([](tables::Client&) {});
  d.sign_in();
  d.ask();
  d.answer(Answer::allowed);
  REQUIRE(d.decided() == "issue");
  REQUIRE(withdraw_consent(d.t.services, d.ann.id, "app", {}));
  CHECK(d.issue().error().name == "client_changed");
}

TEST_CASE("a trace tells the same decision, and changes nothing") {
  Deciding d;
  d.sign_in();
  d.ask();
  Trace trace;
  REQUIRE(decide(d.t.services, d.asking(), d.t.clock.now(), &trace)->step == Step::ask);
  REQUIRE_FALSE(trace.steps.empty());
  CHECK(trace.steps.back().what == "consent");
  CHECK_FALSE(trace.steps.back().is_passed);
}

}  // namespace
}  // namespace authd::auth
