#include "auth/oauth/tokens/code_exchange.h"

#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/id_token_hint.h"
#include "auth/sessions/jwt_signing.h"
#include "auth/sessions/session_tokens.h"
#include "base/encoding.h"
#include "base/json.h"
#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

const std::string kVerifier(43, 'v');
const char* const kApi = "https://api.example.org";

struct Coded {
  Coded() {
    user = test::add_user(t, "ann");
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::resources.put(tx, {kApi, "API", {"photos"}, 60'000, Time{}, {}});
      return {};
    }));
    put_client("app");
    issue();
  }
  void put_client(const std::string& id, const std::function<void(tables::Client&)>& change = {}) {
    client = test::put_client(t, id, [&](tables::Client& made) {
      made.id_token_algorithm = "ES256";
      made.resources = {kApi};
      if (change) change(made);
    });
  }
  // A grant that waits for its code, as the end of an authorization leaves it.
  void issue(const std::function<void(tables::Grant&, tables::AuthorizationCode&)>& change = {}) {
    MadeGrantCode made = make_grant_code(t.services, t.clock.now());
    made.row.client = client.id;
    made.row.redirect_uri = client.redirect_uris.front();
    made.row.named_redirect_uri = true;
    made.row.code_challenge = base64url_encode(crypto::sha256(kVerifier));
    made.row.nonce = "the nonce";
    grant = test::put_grant(t, user, client.id, [&](tables::Grant& waiting) {
      waiting.scopes = {"openid", "email", "offline_access", "photos"};
      waiting.resources = {kApi};
      waiting.is_open = false;
      waiting.expires_at = t.clock.now() + t.config.provider.code_ttl;
      if (change) change(waiting, made.row);
      made.row.grant = waiting.id;
    });
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::grant_codes.insert(tx, made.row);
      return {};
    }));
    code = made.code;
  }
  CodeExchange right() const { return {code, client.redirect_uris.front(), kVerifier, {}}; }
  Result<IssuedTokens> exchange(const CodeExchange& exchange) {
    return exchange_code(t.services, Program{client}, exchange, {});
  }
  Result<IssuedTokens> exchange() { return exchange(right()); }
  Result<IssuedTokens> refresh(const IssuedTokens& tokens, const Narrowing& narrowing = {}) {
    return refresh_grant(t.services, Program{client},
                         RefreshToken(std::string(tokens.refresh.reveal())), narrowing, {});
  }
  bool is_live(const IssuedTokens& tokens) {
    return authenticate_client_token(t.services, tokens.access.reveal(), t.clock.now()).has_value();
  }
  std::string name_of(const Result<IssuedTokens>& result) {
    return result ? "" : result.error().name;
  }

  test::Instance t;
  tables::User user;
  tables::Client client;
  tables::Grant grant;
  std::string code;
};

TEST_CASE("a code is exchanged for tokens, once") {
  Coded c;
  const auto tokens = c.exchange();
  REQUIRE(tokens);
  CHECK(c.is_live(*tokens));
  CHECK_FALSE(tokens->refresh.empty());
  CHECK(tokens->scopes == c.grant.scopes);
  CHECK(tokens->expires_in == Seconds(60));
  const auto jws = verify_own_jwt(c.t.services, tokens->id_token, {kIdTokenType});
  REQUIRE(jws);
  const auto claims = JsonObject::parse(jws->payload);
  REQUIRE(claims);
  CHECK(*claims->string("nonce") == "the nonce");
  CHECK(*claims->string("aud") == "app");
  CHECK(*claims->string("sub") == c.user.subject);
  CHECK(*claims->string("acr") == "1fa");
  CHECK(*claims->string("sid") == grant_text(c.grant.id));
  CHECK(*claims->string("at_hash") ==
        base64url_encode(crypto::sha256(tokens->access.reveal()).substr(0, 16)));
  CHECK_FALSE(claims->has("email"));
  CHECK_FALSE(claims->has("nbf"));
  // The second use ends what the first one gave.
  CHECK(c.name_of(c.exchange()) == "invalid_grant");
  CHECK_FALSE(c.is_live(*tokens));
  CHECK(c.name_of(c.refresh(*tokens)) == "invalid_grant");
}

TEST_CASE("a code is good for its client, address, verifier and minute only") {
  Coded c;
  CodeExchange wrong = c.right();
  SECTION("another code") {
    wrong.code += "x";
  }
  SECTION("a long one") {
    wrong.code = std::string(1000, 'x');
  }
  SECTION("another address") {
    wrong.redirect_uri += "/";
  }
  SECTION("no address") {
    wrong.redirect_uri.clear();
  }
  SECTION("another verifier") {
    wrong.code_verifier = std::string(43, 'w');
  }
  SECTION("no verifier") {
    wrong.code_verifier.clear();
  }
  SECTION("another client") {
    c.put_client("other");
  }
  SECTION("a minute later") {
    c.t.clock.advance(c.t.config.provider.code_ttl);
  }
  SECTION("signed out everywhere") {
    REQUIRE(end_all_sessions(c.t.services, c.user.id, {}));
  }
  CHECK(c.name_of(c.exchange(wrong)) == "invalid_grant");
}

TEST_CASE("a used code ends nothing without the verifier that belongs to it") {
  Coded c;
  const auto tokens = c.exchange();
  REQUIRE(tokens);
  CodeExchange alone = c.right();
  for (const std::string& verifier : {std::string(), std::string(43, 'w')}) {
    alone.code_verifier = verifier;
    CHECK(c.name_of(c.exchange(alone)) == "invalid_grant");
    CHECK(c.is_live(*tokens));
  }
  CHECK(c.name_of(c.exchange()) == "invalid_grant");
  CHECK_FALSE(c.is_live(*tokens));
  // Of a request without a challenge, nobody can prove more.
  c.issue([](tables::Grant&, tables::AuthorizationCode& code) { code.code_challenge.clear(); });
  CodeExchange bare = c.right();
  bare.code_verifier.clear();
  const auto second = c.exchange(bare);
  REQUIRE(second);
  CHECK(c.name_of(c.exchange(bare)) == "invalid_grant");
  CHECK_FALSE(c.is_live(*second));
}

TEST_CASE("a verifier for a request without a challenge is a downgrade") {
  Coded c;
  c.issue([](tables::Grant&, tables::AuthorizationCode& code) { code.code_challenge.clear(); });
  CHECK(c.name_of(c.exchange()) == "invalid_grant");
  CodeExchange without = c.right();
  without.code_verifier.clear();
  CHECK(c.exchange(without));
}

TEST_CASE("a request narrows what the grant allows, and widens nothing") {
  Coded c;
  CodeExchange exchange = c.right();
  exchange.narrowing.resources = {"https://other.example"};
  CHECK(c.name_of(c.exchange(exchange)) == "invalid_target");
  exchange.narrowing.resources = {kApi};
  const auto tokens = c.exchange(exchange);
  REQUIRE(tokens);
  const auto holder =
      authenticate_client_token(c.t.services, tokens->access.reveal(), c.t.clock.now());
  REQUIRE(holder);
  CHECK(holder->is_for(kApi));
  CHECK_FALSE(holder->is_for(own_audience(c.t.services)));
  CHECK(c.name_of(c.refresh(*tokens, {{}, "profile"})) == "invalid_scope");
  const auto narrowed = c.refresh(*tokens, {{}, "photos"});
  REQUIRE(narrowed);
  CHECK(narrowed->scopes == std::vector<std::string>{"photos"});
}

TEST_CASE("a refresh token has one successor, and an old one ends the grant") {
  Coded c;
  const auto first = c.exchange();
  REQUIRE(first);
  const auto second = c.refresh(*first);
  REQUIRE(second);
  CHECK(second->refresh.reveal() != first->refresh.reveal());
  // A lost answer, within the grace.
  const auto again = c.refresh(*first);
  REQUIRE(again);
  CHECK(again->refresh.reveal() == second->refresh.reveal());
  const auto third = c.refresh(*second);
  REQUIRE(third);
  CHECK(c.name_of(c.refresh(*first)) == "invalid_grant");
  CHECK(c.name_of(c.refresh(*third)) == "invalid_grant");
  CHECK_FALSE(c.is_live(*third));
}

TEST_CASE("a refresh token is its client's, and no session's") {
  Coded c;
  const auto tokens = c.exchange();
  REQUIRE(tokens);
  const tables::Client owner = c.client;
  c.put_client("other");
  CHECK(c.name_of(c.refresh(*tokens)) == "invalid_grant");
  CHECK_FALSE(refresh(c.t.services, RefreshToken(std::string(tokens->refresh.reveal())), {}));
  c.client = owner;
  CHECK(c.refresh(*tokens));
  const Tokens own = test::tokens_of(test::try_login(c.t, "ann"));
  const auto foreign = refresh_grant(c.t.services, Program{c.client},
                                     RefreshToken(std::string(own.refresh.reveal())), {}, {});
  CHECK(c.name_of(foreign) == "invalid_grant");
}

TEST_CASE("there is a refresh token only with offline_access, or always") {
  Coded c;
  const auto only_openid = [](tables::Grant& grant, tables::AuthorizationCode&) {
    grant.scopes = {"openid"};
    grant.resources.clear();
  };
  c.issue(only_openid);
  auto tokens = c.exchange();
  REQUIRE(tokens);
  CHECK(tokens->refresh.empty());
  c.put_client("app", [](tables::Client& client) { client.always_refresh = true; });
  c.issue(only_openid);
  CHECK_FALSE(c.exchange()->refresh.empty());
  c.put_client("app", [](tables::Client& client) {
    client.always_refresh = true;
    client.grant_types = {"authorization_code"};
  });
  c.issue(only_openid);
  tokens = c.exchange();
  REQUIRE(tokens);
  CHECK(tokens->refresh.empty());
  CHECK(c.name_of(c.refresh(*tokens)) == "unauthorized_client");
}

TEST_CASE("a client has tokens for itself only for its APIs") {
  Coded c;
  const auto ask = [&](std::vector<std::string> resources, std::string_view scope) {
    return issue_to_client(c.t.services, Program{c.client}, resources, scope);
  };
  CHECK(c.name_of(ask({kApi}, "")) == "unauthorized_client");
  c.put_client("machine",
               [](tables::Client& client) { client.grant_types = {"client_credentials"}; });
  CHECK(c.name_of(ask({}, "")) == "invalid_target");
  CHECK(c.name_of(ask({"https://other.example"}, "")) == "invalid_target");
  CHECK(c.name_of(ask({kApi}, "openid")) == "invalid_scope");
  const auto tokens = ask({kApi}, "photos");
  REQUIRE(tokens);
  CHECK(tokens->refresh.empty());
  CHECK(tokens->id_token.empty());
  CHECK(c.is_live(*tokens));
  CHECK(c.name_of(c.exchange()) == "unauthorized_client");
}

}  // namespace
}  // namespace authd::auth
