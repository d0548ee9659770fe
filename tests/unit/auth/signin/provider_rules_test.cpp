// What the configuration of a provider decides: whose word about an email counts, which domains and
// tenants may come in, and which roles the groups grant.
#include <catch2/catch.hpp>

#include "auth/accounts/roles/role_grants.h"
#include "auth/sessions/roles.h"
#include "auth/signin/federation/federation.h"
#include "support/fake_provider.h"
#include "support/refusal.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

using Outcome = Result<auth::FederationOutcome>;
using Roles = std::vector<std::string>;

config::Config with(std::function<void(config::Provider&)> change) {
  config::Config config = with_provider();
  change(config.providers.back());
  return config;
}

struct World {
  explicit World(const config::Config& config) : t(config), provider(t) {}

  auth::FederationStart start() {
    auto begun = auth::begin_federation(t.services, "fake", nullptr, {}, {}, from("192.0.2.1"));
    REQUIRE(begun);
    return std::move(*begun);
  }
  Outcome sign_in() {
    const auth::FederationStart begun = start();
    return auth::finish_federation(t.services, "fake", provider.follow(begun.url), begun.binding,
                                   from("192.0.2.1"));
  }
  // Of the person who signs in.
  Roles roles() {
    Outcome outcome = sign_in();
    if (!outcome) return {outcome.error().name};
    return test::tokens_of(std::get<auth::LoginOutcome>(std::move(*outcome))).roles;
  }

  Instance t;
  FakeProvider provider;
};

const std::string kTenant = "9122040d-6c67-4c5b-b112-36a304b66dad";

void has_tenants(config::Provider& provider) {
  provider.issuer = "https://id.test/{tenantid}/v2.0";
  provider.tenants = {kTenant, "another"};
}

// The tokens of a tenant.
void issue_for(World& w, const std::string& tenant) {
  w.provider.issuer = "https://id.test/{tenantid}/v2.0";
  w.provider.changed["iss"] = "\"https://id.test/" + tenant + "/v2.0\"";
  w.provider.changed["tid"] = "\"" + tenant + "\"";
}

}  // namespace

TEST_CASE("whose word about an email counts is configured") {
  using config::EmailTrust;
  const auto trusting = [](EmailTrust trust) {
    return with([=](config::Provider& provider) { provider.trust_email = trust; });
  };
  const auto [trust, claim, is_verified] =
      GENERATE(table<EmailTrust, std::string, bool>({{EmailTrust::verified, "true", true},
                                                     {EmailTrust::verified, "\"true\"", true},
                                                     {EmailTrust::verified, "1", true},
                                                     {EmailTrust::verified, "false", false},
                                                     {EmailTrust::verified, "0", false},
                                                     {EmailTrust::verified, "", false},
                                                     {EmailTrust::always, "", true},
                                                     {EmailTrust::always, "false", true},
                                                     {EmailTrust::never, "true", false}}));
  CAPTURE(config::word_of(trust), claim);
  World w(trusting(trust));
  w.provider.changed["email_verified"] = claim;
  Outcome outcome = w.sign_in();
  REQUIRE(outcome);
  const auth::Tokens tokens = test::tokens_of(std::get<auth::LoginOutcome>(std::move(*outcome)));
  CHECK(tokens.user.email_verified == is_verified);
}

TEST_CASE("only the configured domains come in, by a trusted email, at every login") {
  World w(with([](config::Provider& provider) { provider.domains = {"example.org"}; }));
  CHECK(name_of(w.sign_in()) == "ok");
  w.provider.email = "ann@EXAMPLE.org";
  CHECK(name_of(w.sign_in()) == "ok");
  for (const char* email : {"ann@example.com", "ann@sub.example.org", "ann@example.org.evil.test",
                            "example.org@evil.test"}) {
    w.provider.email = email;
    CAPTURE(email);
    CHECK(name_of(w.sign_in()) == "email_domain_refused");
  }
  w.provider.email = "ann@example.org";
  w.provider.email_verified = false;
  CHECK(name_of(w.sign_in()) == "email_domain_refused");
}

TEST_CASE("an administrator's account is never linked by its email") {
  World w(with_provider());
  const tables::User ann = add_user(w.t, "ann");
  REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = tables::find_user(tx, ann.id).value();
    user.email_verified = true;
    tables::put_user(tx, user);
    return {};
  }));
  REQUIRE(auth::grant_role(w.t.services, ann.id, "admin", {}));
  CHECK(name_of(w.sign_in()) == "account_exists");
  const tables::User bob = add_user(w.t, "bob");
  REQUIRE(auth::grant_role(w.t.services, bob.id, "admin", {}));
  REQUIRE(auth::revoke_role(w.t.services, ann.id, "admin", {}));
  CHECK(name_of(w.sign_in()) == "ok");
}

TEST_CASE("groups grant and revoke the roles of the map, and no others") {
  World w(with([](config::Provider& provider) {
    provider.groups_claim = "realm_access.roles";
    provider.role_map = {"CN=Staff,OU=x=editor", "root=admin", "sales=billing", "gone=missing"};
  }));
  for (const char* role : {"editor", "billing", "own"})
    REQUIRE(auth::add_role(w.t.services, role, "", {}, {}));
  const auto in = [&](const std::string& groups) {
    w.provider.changed["realm_access"] = R"({"roles":)" + groups + "}";
    return w.roles();
  };
  CHECK(in(R"(["CN=Staff,OU=x","admin","editor"])") == Roles{"user", "editor"});
  const tables::User ann = *w.t.store.read([](store::ReadTxn& tx) -> Result<tables::User> {
    return tables::find_user_by_email(tx, "ann@example.org").value();
  });
  REQUIRE(auth::grant_role(w.t.services, ann.id, "own", {}));
  CHECK(in(R"("sales")") == Roles{"user", "own", "billing"});
  CHECK(in(R"(["sales","gone"])") == Roles{"user", "own", "billing"});
  // Nothing that the provider leaves out stays, however it is left out.
  w.provider.changed.erase("realm_access");
  CHECK(w.roles() == Roles{"user", "own"});
  CHECK(in("[]") == Roles{"user", "own"});
  // Unless the token says that they are elsewhere.
  CHECK(in(R"(["sales"])") == Roles{"user", "own", "billing"});
  w.provider.changed.erase("realm_access");
  w.provider.changed["_claim_names"] = R"({"groups":"src1"})";
  CHECK(w.roles() == Roles{"user", "own", "billing"});
}

TEST_CASE("a group grants the role admin only by the map, and the last administrator stays one") {
  World w(with([](config::Provider& provider) {
    provider.groups_claim = "groups";
    provider.role_map = {"root=admin"};
  }));
  w.provider.changed["groups"] = R"(["admin","ADMIN","Root"])";
  CHECK(w.roles() == Roles{"user"});
  w.provider.changed["groups"] = R"(["root"])";
  CHECK(w.roles() == Roles{"user", "admin"});
  w.provider.changed["groups"] = "[]";
  CHECK(w.roles() == Roles{"user", "admin"});
  const tables::User bob = add_user(w.t, "bob");
  REQUIRE(auth::grant_role(w.t.services, bob.id, "admin", {}));
  CHECK(w.roles() == Roles{"user"});
}

TEST_CASE("roles of groups wait for the second factor, as the link does") {
  World w(with([](config::Provider& provider) {
    provider.groups_claim = "groups";
    provider.role_map = {"staff=editor"};
  }));
  REQUIRE(auth::add_role(w.t.services, "editor", "", {}, {}));
  const tables::User ann = add_user(w.t, "ann");
  REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = tables::find_user(tx, ann.id).value();
    user.email_verified = true;
    tables::put_user(tx, user);
    return {};
  }));
  w.provider.changed["groups"] = R"(["staff"])";
  SECTION("without one they come with the link") {
    CHECK(w.roles() == Roles{"user", "editor"});
  }
  SECTION("with one they do not") {
    REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User user = tables::find_user(tx, ann.id).value();
      user.mfa_enabled = true;
      tables::put_user(tx, user);
      return {};
    }));
    REQUIRE(w.sign_in());
    const tables::User after = *w.t.store.read([&](store::ReadTxn& tx) -> Result<tables::User> {
      return tables::find_user(tx, ann.id).value();
    });
    CHECK(after.role_ids.size() == 1);
  }
}

TEST_CASE("a role that needs a passkey waits for one, and shuts nobody out") {
  config::Config config = with([](config::Provider& provider) {
    provider.groups_claim = "groups";
    provider.role_map = {"staff=editor", "root=admin"};
  });
  config.passkeys.required_for = {"admin"};
  World w(config);
  REQUIRE(auth::add_role(w.t.services, "editor", "", {}, {}));
  w.provider.changed["groups"] = R"(["staff","root"])";
  CHECK(w.roles() == Roles{"user", "editor"});  // a new account
  w.provider.changed["groups"] = R"(["root"])";
  CHECK(w.roles() == Roles{"user"});  // what the groups take away goes at once
}

TEST_CASE("the tokens of several tenants have an issuer each") {
  World w(with(&has_tenants));
  issue_for(w, kTenant);
  REQUIRE(name_of(w.sign_in()) == "ok");
  CHECK(w.provider.asked["/common/v2.0/.well-known/openid-configuration"] == 1);
  // The same subject of another tenant is not the same person.
  issue_for(w, "another");
  CHECK(name_of(w.sign_in()) == "issuer_changed");
  issue_for(w, "stranger");
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
  issue_for(w, "{tenantid}");
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
  issue_for(w, "another");
  w.provider.changed["tid"] = "\"" + kTenant + "\"";
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
  w.provider.changed["tid"] = "";
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
  w.provider.changed.erase("iss");
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
}

TEST_CASE("with all tenants, anybody can write any address, so none is trusted") {
  World w(with([](config::Provider& provider) {
    has_tenants(provider);
    provider.tenants = {"*"};
  }));
  add_user(w.t, "ann");
  issue_for(w, "stranger");
  CHECK(name_of(w.sign_in()) == "account_exists");
  w.provider.email = "new@example.org";
  Outcome outcome = w.sign_in();
  REQUIRE(outcome);
  const auth::Tokens tokens = test::tokens_of(std::get<auth::LoginOutcome>(std::move(*outcome)));
  CHECK_FALSE(tokens.user.email_verified);
}

TEST_CASE("the login has the parameters that are configured") {
  World w(with([](config::Provider& provider) {
    provider.prompt = "select_account";
    provider.extra_params = {"hd=example.org", "x=a=b&c"};
    provider.response_mode = config::ResponseMode::form_post;
  }));
  const std::string url = w.start().url;
  CHECK(parameter(url, "prompt") == "select_account");
  CHECK(parameter(url, "hd") == "example.org");
  CHECK(parameter(url, "x") == "a=b&c");
  CHECK(parameter(url, "response_mode") == "form_post");
  World plain(with_provider());
  const std::string other = plain.start().url;
  CHECK(other.find("prompt=") == std::string::npos);
  CHECK(other.find("response_mode=") == std::string::npos);
}
