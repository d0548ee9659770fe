#include "auth/oauth/tokens/token_exchange.h"

#include <algorithm>

#include "auth/oauth/protocol/words.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/roles.h"
#include "base/json.h"
#include "crypto/jose/jwt.h"
#include "support/clients.h"
#include "support/people.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

const std::string kOrders = "https://orders.example.org";
const std::string kStock = "https://stock.example.org";
const std::string kMail = "https://mail.example.org";

// An application lets ann call the API of orders, whose gateway calls the one of the stock.
struct Exchanging {
  Exchanging() {
    user = test::add_user(t, "ann");
    for (const std::string& one : {kOrders, kStock, kMail}) {
      tables::Resource resource;
      resource.identifier = one;
      resource.name = one;
      resource.scopes = {"read", "write"};
      write([&](store::WriteTxn& tx) { tables::resources.put(tx, one, resource); });
    }
    test::put_client(t, "app", [](tables::Client& made) { made.resources = {kOrders, kMail}; });
    gateway = test::put_client(t, "gateway", [](tables::Client& made) {
      made.redirect_uris = {};
      made.grant_types = {std::string(kExchangeGrant)};
      made.audiences = {kOrders};
      made.resources = {kStock};
    });
    grant = test::put_grant(t, user, "app", [](tables::Grant& made) {
      made.scopes = {"openid", "email", "offline_access", "read"};
      made.resources = {kOrders};
    });
  }
  Time now() const { return t.clock.now(); }
  void write(const std::function<void(store::WriteTxn&)>& act) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      act(tx);
      return {};
    }));
  }
  void change(const std::string& id, const std::function<void(tables::Client&)>& how) {
    write([&](store::WriteTxn& tx) {
      tables::Client client = *tables::clients.find(tx, id);
      how(client);
      tables::clients.put(tx, client);
      if (id == "gateway") gateway = client;
    });
  }
  // An access token of the grant.
  std::string subject(std::vector<std::string> audience = {kOrders}, Seconds life = Seconds(300),
                      const std::string& jkt = "") {
    const auto rows = t.store.read([&](store::ReadTxn& tx) -> Result<GrantRows> {
      return *find_live_grant(t.services.config, tx, grant.id, now());
    });
    REQUIRE(rows);
    TokenWishes wishes;
    wishes.audience = std::move(audience);
    wishes.scopes = grant.scopes;
    wishes.life = life;
    wishes.jkt = jkt;
    const auto token = mint_grant_token(t.services, *rows, wishes, now());
    REQUIRE(token);
    return std::string(token->token.reveal());
  }
  Result<IssuedTokens> exchange_by(const tables::Client& client, std::string_view token,
                                   const Narrowing& narrowing = {{kStock}, ""}) {
    return exchange_token(t.services, Program(client),
                          {token, kAccessTokenType, "", "", "", narrowing});
  }
  Result<IssuedTokens> exchange(std::string_view token,
                                const Narrowing& narrowing = {{kStock}, ""}) {
    return exchange_by(gateway, token, narrowing);
  }
  // The text of the token that the gateway gets.
  std::string exchanged(std::string_view token) {
    const auto issued = exchange(token);
    REQUIRE(issued);
    return std::string(issued->access.reveal());
  }
  bool is_good(std::string_view token) {
    return authenticate_client_token(t.services, token, now()).has_value();
  }

  test::Instance t;
  tables::User user;
  tables::Client gateway;
  tables::Grant grant;
};

std::string refusal_of(const Result<IssuedTokens>& result) {
  return result ? "" : result.error().name;
}

JsonObject claims_in(std::string_view token) {
  const auto jws = crypto::parse_compact(token);
  REQUIRE(jws);
  auto claims = JsonObject::parse(jws->payload);
  REQUIRE(claims);
  return std::move(*claims);
}

TEST_CASE("a gateway exchanges a token for it for one that is good for the next API alone") {
  Exchanging e;
  const auto issued = e.exchange(e.subject());
  REQUIRE(issued);
  CHECK(issued->scopes == std::vector<std::string>{"email", "read"});
  CHECK(issued->issued_token_type == kAccessTokenType);
  CHECK(issued->refresh.empty());
  CHECK(issued->id_token.empty());
  const auto holder = authenticate_client_token(e.t.services, issued->access.reveal(), e.now());
  REQUIRE(holder);
  CHECK(holder->client().id == "gateway");
  CHECK(holder->audience() == std::vector<std::string>{kStock});
  CHECK_FALSE(holder->has_scope("openid"));
  REQUIRE(holder->grant() != nullptr);
  CHECK(holder->grant()->user.id == e.user.id);
  const JsonObject claims = claims_in(issued->access.reveal());
  CHECK(claims.string("sub").value() == claims_in(e.subject()).string("sub").value());
  CHECK(claims.string("client_id").value() == "gateway");
  CHECK(claims.object("act").value().string("sub").value() == "gateway");
}

TEST_CASE("an exchanged token has no scope that the token, the API or the client lacks") {
  Exchanging e;
  CHECK(refusal_of(e.exchange(e.subject(), {{kStock}, "write"})) == "invalid_scope");
  CHECK(refusal_of(e.exchange(e.subject(), {{kStock}, "openid"})) == "invalid_scope");
  CHECK(e.exchange(e.subject(), {{kStock}, "read"})->scopes == std::vector<std::string>{"read"});
  SECTION("the API does not know it") {
    e.write([](store::WriteTxn& tx) {
      tables::Resource resource = *tables::resources.find(tx, kStock);
      resource.scopes = {};
      tables::resources.put(tx, kStock, resource);
    });
    CHECK(e.exchange(e.subject())->scopes == std::vector<std::string>{"email"});
  }
  SECTION("the client may not ask for it") {
    const std::string before = e.exchanged(e.subject());
    e.change("gateway", [](tables::Client& client) { client.scopes = {"profile"}; });
    CHECK(e.exchange(e.subject())->scopes == std::vector<std::string>{"read"});
    CHECK_FALSE(authenticate_client_token(e.t.services, before, e.now())->has_scope("email"));
  }
  SECTION("the first client may no longer ask for it") {
    const std::string before = e.exchanged(e.subject());
    e.change("app", [](tables::Client& client) { client.scopes = {"openid"}; });
    CHECK_FALSE(authenticate_client_token(e.t.services, before, e.now())->has_scope("email"));
  }
}

TEST_CASE("an exchanged token ends no later than the token in whose place it is") {
  Exchanging e;
  const std::string subject = e.subject({kOrders}, Seconds(90));
  e.t.clock.advance(Seconds(60));
  const auto issued = e.exchange(subject);
  REQUIRE(issued);
  CHECK(issued->expires_in == Seconds(30));
  e.t.clock.advance(Seconds(30));
  CHECK_FALSE(e.is_good(issued->access.reveal()));
  CHECK(refusal_of(e.exchange(subject)) == "invalid_request");
}

TEST_CASE("which APIs an exchange may lead to") {
  Exchanging e;
  CHECK(refusal_of(e.exchange(e.subject(), {{}, ""})) == "invalid_target");
  CHECK(refusal_of(e.exchange(e.subject(), {{kMail}, ""})) == "invalid_target");
  CHECK(refusal_of(e.exchange(e.subject(), {{kStock, kOrders}, ""})) == "invalid_target");
  CHECK(refusal_of(e.exchange(e.subject(), {{own_audience(e.t.services)}, ""})) ==
        "invalid_target");
  // Not even if somebody registered the issuer as an API of the client.
  e.change("gateway",
           [&](tables::Client& client) { client.resources.push_back(own_audience(e.t.services)); });
  CHECK(refusal_of(e.exchange(e.subject(), {{own_audience(e.t.services)}, ""})) ==
        "invalid_target");
  // The parameter audience says the same as resource.
  const std::string subject = e.subject();
  const auto issued = exchange_token(e.t.services, Program(e.gateway),
                                     {subject, kJwtType, kAccessTokenType, kStock, "", {}});
  CHECK(issued.has_value());
}

TEST_CASE("a client exchanges only tokens that are for it, or were issued to it") {
  Exchanging e;
  const std::string subject = e.subject();
  SECTION("a token for another API") {
    e.change("gateway", [](tables::Client& client) { client.audiences = {kMail}; });
    CHECK(refusal_of(e.exchange(subject)) == "invalid_request");
  }
  SECTION("a token for userinfo is for no API") {
    e.change("gateway",
             [&](tables::Client& client) { client.audiences = {own_audience(e.t.services)}; });
    CHECK(refusal_of(e.exchange(e.subject({own_audience(e.t.services)}))) == "invalid_request");
  }
  SECTION("its own token, within the same audience") {
    e.change("app", [](tables::Client& client) {
      client.grant_types.emplace_back(kExchangeGrant);
      client.resources = {kOrders, kMail};
    });
    tables::Client app = e.gateway;
    e.write([&](store::WriteTxn& tx) { app = *tables::clients.find(tx, "app"); });
    const auto narrowed = e.exchange_by(app, subject, {{kOrders}, "read"});
    REQUIRE(narrowed);
    CHECK(e.is_good(narrowed->access.reveal()));
    // Nobody has allowed it this one.
    CHECK(refusal_of(e.exchange_by(app, subject, {{kMail}, "read"})) == "invalid_target");
  }
  SECTION("a token of somebody whom it does not let in") {
    e.change("gateway", [](tables::Client& client) { client.roles = {"staff"}; });
    CHECK(refusal_of(e.exchange(subject)) == "invalid_request");
  }
  SECTION("what is no token") {
    CHECK(refusal_of(e.exchange("x.y.z")) == "invalid_request");
  }
}

TEST_CASE("a token that is bound to a key is exchanged only with a proof of the same key") {
  Exchanging e;
  const std::string key(43, 'K');
  const std::string subject = e.subject({kOrders}, Seconds(300), key);
  CHECK(refusal_of(e.exchange(subject)) == "invalid_request");
  Proof proof;
  proof.jkt = std::string(43, 'L');
  proof.jti = "one";
  proof.made_at = e.now();
  CHECK(refusal_of(e.exchange(subject, {{kStock}, "", proof})) == "invalid_request");
  proof.jkt = key;
  proof.jti = "two";
  const auto issued = e.exchange(subject, {{kStock}, "", proof});
  REQUIRE(issued);
  CHECK(issued->token_type == "DPoP");
  const auto holder = authenticate_client_token(e.t.services, issued->access.reveal(), e.now());
  REQUIRE(holder);
  CHECK(holder->claims().jkt == key);
}

TEST_CASE("what is refused whatever the token is") {
  Exchanging e;
  const std::string subject = e.subject();
  const auto with = [&](std::string_view type, std::string_view wanted, std::string_view actor) {
    return refusal_of(exchange_token(e.t.services, Program(e.gateway),
                                     {subject, type, wanted, "", actor, {{kStock}, ""}}));
  };
  CHECK(with(kAccessTokenType, "", "") == "");
  CHECK(with("", "", "") == "invalid_request");
  CHECK(with("urn:ietf:params:oauth:token-type:id_token", "", "") == "invalid_request");
  CHECK(with(kAccessTokenType, "urn:ietf:params:oauth:token-type:refresh_token", "") ==
        "invalid_request");
  CHECK(with(kAccessTokenType, "", subject) == "invalid_request");
  e.change("gateway", [](tables::Client& client) { client.grant_types = {"client_credentials"}; });
  CHECK(with(kAccessTokenType, "", "") == "unauthorized_client");
}

TEST_CASE("an exchanged token ends with everything that it comes from") {
  Exchanging e;
  const std::string subject = e.subject();
  const std::string token = e.exchanged(subject);
  REQUIRE(e.is_good(token));
  SECTION("the grant") {
    REQUIRE(end_own_grant(e.t.services, e.user.id, e.grant.id, {}));
  }
  SECTION("the first token") {
    const auto holder = authenticate_client_token(e.t.services, subject, e.now());
    REQUIRE(holder);
    REQUIRE(revoke_access_token(e.t.services, holder->claims()));
  }
  SECTION("itself") {
    const auto holder = authenticate_client_token(e.t.services, token, e.now());
    REQUIRE(holder);
    REQUIRE(revoke_access_token(e.t.services, holder->claims()));
    CHECK(e.is_good(subject));
  }
  SECTION("the first client") {
    e.change("app", [](tables::Client& client) { client.disabled = true; });
  }
  SECTION("the client that exchanged it") {
    e.change("gateway", [](tables::Client& client) { client.disabled = true; });
  }
  SECTION("its grant type") {
    e.change("gateway", [](tables::Client& client) { client.grant_types = {}; });
  }
  SECTION("its API") {
    e.change("gateway", [](tables::Client& client) { client.resources = {}; });
  }
  SECTION("the right of the person to use it") {
    e.change("gateway", [](tables::Client& client) { client.roles = {"staff"}; });
  }
  SECTION("another client of the same id") {
    e.t.clock.advance(Seconds(10));
    e.change("gateway", [&](tables::Client& client) { client.created_at = e.now(); });
  }
  SECTION("the account") {
    e.write([&](store::WriteTxn& tx) {
      tables::User user = *tables::find_user(tx, e.user.id);
      user.disabled = true;
      tables::put_user(tx, user);
    });
  }
  CHECK_FALSE(e.is_good(token));
}

TEST_CASE("a token is exchanged a few times at most, and names everybody on the way") {
  Exchanging e;
  e.change("gateway", [](tables::Client& client) { client.audiences = {kOrders, kStock}; });
  std::string token = e.subject();
  std::vector<std::string> all = {token};
  for (size_t i = 0; i < kMaxExchanges; ++i) {
    token = e.exchanged(token);
    all.push_back(token);
  }
  const auto holder = authenticate_client_token(e.t.services, token, e.now());
  REQUIRE(holder);
  CHECK(holder->claims().actors == std::vector<std::string>(kMaxExchanges, "gateway"));
  CHECK(refusal_of(e.exchange(token)) == "invalid_request");
  // Whoever revokes one in the middle ends all that come from it, and no other.
  REQUIRE(revoke_access_token(e.t.services,
                              authenticate_client_token(e.t.services, all[2], e.now())->claims()));
  for (size_t i = 0; i < all.size(); ++i) {
    INFO(i);
    CHECK(e.is_good(all[i]) == (i < 2));
  }
}

TEST_CASE("a client that exchanges a token sees no role that was hidden from one before it") {
  Exchanging e;
  GrantRows rows;
  rows.roles = {"app-user", "app-admin", "secret"};
  rows.client.groups = {"app-*"};
  tables::Client first;
  first.id = "first";
  first.groups = {"app-user", "secret"};
  tables::Client second;
  second.id = "second";
  const GrantRows seen = rows_for_actors(rows, {second, first});
  CHECK(seen.client.id == "second");
  CHECK(seen.roles == std::vector<std::string>{"app-user"});
}

TEST_CASE("a client's own token can be exchanged, and stays its own") {
  Exchanging e;
  e.change("app", [](tables::Client& client) { client.grant_types = {"client_credentials"}; });
  tables::Client app;
  e.write([&](store::WriteTxn& tx) { app = *tables::clients.find(tx, "app"); });
  const auto own = mint_own_token(e.t.services, app, {{kOrders}, {"read"}, Seconds(60)}, e.now());
  REQUIRE(own);
  const std::string token = e.exchanged(own->token.reveal());
  const auto holder = authenticate_client_token(e.t.services, token, e.now());
  REQUIRE(holder);
  CHECK(holder->grant() == nullptr);
  CHECK(holder->claims().subject == "app");
  CHECK(holder->client().id == "gateway");
  e.change("app", [](tables::Client& client) { client.disabled = true; });
  CHECK_FALSE(e.is_good(token));
}

}  // namespace
}  // namespace authd::auth
