#include "auth/oauth/tokens/grants.h"

#include "auth/oauth/tokens/client_token.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "support/clients.h"
#include "support/people.h"
#include "tables/revocations.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using std::chrono::hours;

struct Granted {
  Granted() {
    user = test::add_user(t, "ann");
    client = test::put_client(
        t, "app", [](tables::Client& made) { made.resources = {"https://api.example.org"}; });
    session = new_session(t.services, {}, tables::SessionKind::browser, {"pwd"}, t.clock.now());
    write([&](store::WriteTxn& tx) { start_session(t.services, tx, session, user, {}, now()); });
    grant =
        test::put_grant(t, user, "app", [&](tables::Grant& made) { made.session = session.id; });
  }
  Time now() const { return t.clock.now(); }
  void write(const std::function<void(store::WriteTxn&)>& act) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      act(tx);
      return {};
    }));
  }
  std::optional<GrantRows> live() {
    const auto found = t.store.read([&](store::ReadTxn& tx) {
      return Result<std::optional<GrantRows>>(
          find_live_grant(t.services.config, tx, grant.id, now()));
    });
    REQUIRE(found);
    return *found;
  }
  void change_client(const std::function<void(tables::Client&)>& change) {
    change(client);
    write([&](store::WriteTxn& tx) { tables::clients.put(tx, client); });
  }
  std::string token(std::vector<std::string> audience) {
    const auto rows = live();
    REQUIRE(rows);
    const auto minted = mint_grant_token(
        t.services, *rows, {std::move(audience), rows->grant.scopes, Seconds(300)}, now());
    REQUIRE(minted);
    return std::string(minted->token.reveal());
  }

  test::Instance t;
  tables::User user;
  tables::Client client;
  tables::Session session;
  tables::Grant grant;
};

TEST_CASE("a grant is alive until one thing that it depends on is gone") {
  Granted g;
  REQUIRE(g.live());
  SECTION("time") {
    g.t.clock.advance(hours(24));
  }
  SECTION("the session") {
    REQUIRE(end_session(g.t.services, g.session.id, {}));
  }
  SECTION("all sessions") {
    REQUIRE(end_all_sessions(g.t.services, g.user.id, {}));
  }
  SECTION("the account") {
    g.write([&](store::WriteTxn& tx) {
      tables::User user = *tables::find_user(tx, g.user.id);
      user.disabled = true;
      tables::put_user(tx, user);
    });
  }
  SECTION("the client") {
    g.change_client([](tables::Client& client) { client.disabled = true; });
  }
  SECTION("another client of the same id") {
    g.t.clock.advance(hours(1));
    g.change_client([&](tables::Client& client) { client.created_at = g.now(); });
  }
  SECTION("the role") {
    g.change_client([](tables::Client& client) { client.roles = {"admin"}; });
  }
  SECTION("itself") {
    REQUIRE(end_own_grant(g.t.services, g.user.id, g.grant.id, {}));
  }
  CHECK_FALSE(g.live());
}

TEST_CASE("a grant of a client with a document is alive while documents are allowed there") {
  Granted g;
  const std::string id = "https://agent.example/client.json";
  test::put_client(g.t, id, [](tables::Client& client) { client.origin = "document"; });
  g.grant = test::put_grant(g.t, g.user, id);
  CHECK_FALSE(g.live());
  g.t.config.provider.cimd = config::ClientDocuments::listed;
  g.t.config.provider.cimd_hosts = {"agent.example"};
  CHECK(g.live());
  g.t.config.provider.cimd_hosts = {"other.example"};
  CHECK_FALSE(g.live());
}

TEST_CASE("a grant with offline_access outlives the session, but not a new password") {
  Granted g;
  g.grant = test::put_grant(g.t, g.user, "app");
  REQUIRE(end_session(g.t.services, g.session.id, {}));
  CHECK(g.live());
  REQUIRE(end_all_sessions(g.t.services, g.user.id, {}));
  CHECK_FALSE(g.live());
}

TEST_CASE("a grant is ended by its owner, and by nobody else") {
  Granted g;
  const tables::User ben = test::add_user(g.t, "ben");
  CHECK(end_own_grant(g.t.services, ben.id, g.grant.id, {}).error().code == ErrorCode::not_found);
  CHECK(end_own_grant(g.t.services, g.user.id, "x", {}).error().code == ErrorCode::not_found);
  CHECK(list_grants(g.t.services, g.user.id, g.now())->size() == 1);
  REQUIRE(end_own_grant(g.t.services, g.user.id, g.grant.id, {}));
  CHECK(list_grants(g.t.services, g.user.id, g.now())->empty());
}

TEST_CASE("too many grants of one session and client give way, the oldest first") {
  Granted g;
  std::vector<std::string> ids = {g.grant.id};
  for (size_t i = 1; i < kMaxGrantsOfSession; ++i) {
    g.t.clock.advance(std::chrono::minutes(1));
    ids.push_back(test::put_grant(g.t, g.user, "app", [&](tables::Grant& made) {
                    made.session = g.session.id;
                  }).id);
  }
  tables::Grant opening = g.grant;
  opening.id = std::string(16, 'n');
  const auto evicted = open_to_evict(g.t.services, opening, g.now());
  REQUIRE(evicted);
  REQUIRE(evicted->size() == 1);
  CHECK(evicted->front().id == ids.front());
  opening.client = "other";
  CHECK(open_to_evict(g.t.services, opening, g.now())->empty());
}

TEST_CASE("grants of several devices are not counted as those of one session") {
  Granted g;
  tables::Grant lasting;
  for (size_t i = 0; i < 2 * kMaxGrantsOfSession; ++i)
    lasting = test::put_grant(g.t, g.user, "app");
  CHECK(open_to_evict(g.t.services, lasting, g.now())->empty());
}

TEST_CASE("grants that nobody has opened push out only one another") {
  Granted g;
  std::vector<std::string> waiting;
  for (size_t i = 0; i < kMaxWaitingGrants; ++i) {
    g.t.clock.advance(std::chrono::seconds(1));
    waiting.push_back(
        test::put_grant(g.t, g.user, "app", [](tables::Grant& made) { made.is_open = false; }).id);
  }
  const auto evicted = waiting_to_evict(g.t.services, g.user.id, "app", g.now());
  REQUIRE(evicted->size() == 1);
  CHECK(evicted->front().id == waiting.front());
  // One that was opened since then stays.
  const tables::Grant oldest = evicted->front();
  tables::Grant opened = oldest;
  opened.is_open = true;
  g.write([&](store::WriteTxn& tx) { tables::grants.rewrite(tx, opened); });
  g.write([&](store::WriteTxn& tx) { evict_grants(tx, *evicted); });
  g.grant = opened;
  CHECK(g.live());
  g.write([&](store::WriteTxn& tx) { tables::grants.rewrite(tx, oldest); });
  g.write([&](store::WriteTxn& tx) { evict_grants(tx, *evicted); });
  CHECK_FALSE(g.live());
  CHECK(waiting_to_evict(g.t.services, g.user.id, "app", g.now())->empty());
}

TEST_CASE("what a client may no longer have is gone from its tokens at once") {
  Granted g;
  const std::string token = g.token({"https://api.example.org", own_audience(g.t.services)});
  g.change_client([](tables::Client& client) {
    client.scopes = {"openid"};
    client.resources = {};
  });
  const auto holder = authenticate_client_token(g.t.services, token, g.now());
  REQUIRE(holder);
  CHECK(holder->scopes() == std::vector<std::string>{"openid"});
  CHECK(holder->audience() == std::vector<std::string>{own_audience(g.t.services)});
  CHECK_FALSE(
      authenticate_client_token(g.t.services, g.token({"https://api.example.org"}), g.now()));
}

TEST_CASE("a grant's token is good for its audience while the grant is alive") {
  Granted g;
  const std::string token = g.token({"https://api.example.org"});
  const auto holder = authenticate_client_token(g.t.services, token, g.now());
  REQUIRE(holder);
  CHECK(holder->is_for("https://api.example.org"));
  CHECK_FALSE(holder->is_for(own_audience(g.t.services)));
  CHECK(holder->has_scope("openid"));
  CHECK_FALSE(holder->has_scope("email"));
  CHECK(holder->client().id == "app");
  SECTION("the grant ends") {
    REQUIRE(end_own_grant(g.t.services, g.user.id, g.grant.id, {}));
  }
  SECTION("the session ends") {
    REQUIRE(end_session(g.t.services, g.session.id, {}));
  }
  SECTION("it expires") {
    g.t.clock.advance(Seconds(300));
  }
  SECTION("it is revoked") {
    REQUIRE(revoke_access_token(g.t.services, holder->claims()));
  }
  CHECK_FALSE(authenticate_client_token(g.t.services, token, g.now()));
}

TEST_CASE("a client's own token names no person, and ends with the client") {
  Granted g;
  g.change_client([](tables::Client& client) { client.grant_types = {"client_credentials"}; });
  const auto minted = mint_own_token(
      g.t.services, g.client, {{"https://api.example.org"}, {"photos"}, Seconds(60)}, g.now());
  REQUIRE(minted);
  const std::string token(minted->token.reveal());
  const auto holder = authenticate_client_token(g.t.services, token, g.now());
  REQUIRE(holder);
  CHECK(holder->grant() == nullptr);
  g.change_client([](tables::Client& client) { client.disabled = true; });
  CHECK_FALSE(authenticate_client_token(g.t.services, token, g.now()));
}

TEST_CASE("neither kind of token passes for the other") {
  Granted g;
  const Tokens own = test::tokens_of(test::try_login(g.t, "ann"));
  CHECK_FALSE(authenticate_client_token(g.t.services, own.access.reveal(), g.now()));
  for (const std::string& audience :
       {std::string("https://api.example.org"), own_audience(g.t.services)}) {
    CHECK_FALSE(authenticate(g.t.services, g.token({audience}), g.now()));
  }
  // Not even if somebody made authd's own audience that of a client's token.
  const std::string confused = g.token({g.t.services.config.tokens.audience});
  CHECK_FALSE(authenticate(g.t.services, confused, g.now()));
  CHECK_FALSE(authenticate_client_token(g.t.services, confused, g.now()));
}

}  // namespace
}  // namespace authd::auth
