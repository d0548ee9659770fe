#include "auth/oauth/clients/pairwise.h"

#include <utility>

#include "auth/accounts/names/providers.h"
#include "auth/core/subject.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_put.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/logouts/logout_token.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/client_token.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/id_token.h"
#include "auth/oauth/tokens/preview.h"
#include "auth/oauth/tokens/userinfo.h"
#include "auth/sessions/jwt_signing.h"
#include "base/json.h"
#include "base/uuid.h"
#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

using tables::Client;
using List = std::vector<std::string>;

const char* const kSector = "https://sector.example/uris.json";

struct Pairs {
  Pairs() {
    ann = test::add_user(t, "ann");
    bob = test::add_user(t, "bob");
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      requests.push_back(request);
      if (status == 0) return Error{ErrorCode::unavailable, "no route to host"};
      return fetch::Reply{status, document};
    };
  }
  Client put(const std::string& id, const List& uris,
             const std::function<void(Client&)>& change = {}) {
    return test::put_client(t, id, [&](Client& client) {
      client.redirect_uris = uris;
      client.is_pairwise = true;
      if (change) change(client);
    });
  }
  std::string sub(const Client& client, const tables::User& user) {
    const auto made = subject_for(t.services, client, user);
    REQUIRE(made);
    return *made;
  }
  bool means(const Client& client, const tables::User& user, const std::string& subject) {
    const auto found = means_person(t.services, client, user, subject);
    REQUIRE(found);
    return *found;
  }
  // The field of the refusal of a client with a sector; empty: it was taken.
  std::string refused(const List& uris, std::vector<ClientChange> more = {}) {
    more.push_back({"name", std::string("App")});
    more.push_back({"redirect_uris", uris});
    more.push_back({"subject_type", std::string("pairwise")});
    const auto made = add_client(t.services, {"", std::move(more), ClientSecret("")}, {});
    return made ? "" : made.error().field;
  }

  test::Instance t;
  tables::User ann;
  tables::User bob;
  int status = 200;  // of the sector's document; 0: nobody answers
  std::string document = "[]";
  std::vector<fetch::Request> requests;
};

TEST_CASE("a person has another subject in each sector, and always the same there") {
  Pairs p;
  const Client wiki = p.put("wiki", {"https://wiki.example/cb"});
  const Client same = p.put("same", {"https://WIKI.example:8443/else"});
  const Client other = p.put("other", {"https://other.example/cb"});
  const Client open = test::put_client(p.t, "open");
  CHECK(p.sub(wiki, p.ann) == p.sub(wiki, p.ann));
  CHECK(p.sub(wiki, p.ann) == p.sub(same, p.ann));
  CHECK(p.sub(wiki, p.ann) != p.sub(other, p.ann));
  CHECK(p.sub(wiki, p.ann) != p.sub(wiki, p.bob));
  CHECK(p.sub(wiki, p.ann) != subject_of(p.ann));
  CHECK(p.sub(open, p.ann) == subject_of(p.ann));
  // No client can have such an id.
  CHECK(is_uuid(p.sub(wiki, p.ann)));
  CHECK_FALSE(check_client_id(p.sub(wiki, p.ann)));
}

TEST_CASE("another server calls people otherwise, until it has the key") {
  Pairs p;
  Pairs q;
  const Client wiki = p.put("wiki", {"https://wiki.example/cb"});
  const auto none = find_pairwise_key(p.t.services);
  REQUIRE(none);
  CHECK(none->empty());
  const std::string before = p.sub(wiki, p.ann);
  const auto key = find_pairwise_key(p.t.services);
  REQUIRE(key);
  const auto taken = take_pairwise_key(q.t.services, *key);
  REQUIRE(taken);
  CHECK(*taken);
  CHECK(q.sub(wiki, p.ann) == before);
  const auto again = take_pairwise_key(q.t.services, *key);
  REQUIRE(again);
  CHECK_FALSE(*again);
  // One that has its own keeps it.
  Pairs r;
  const std::string own = r.sub(wiki, p.ann);
  CHECK(own != before);
  CHECK(take_pairwise_key(r.t.services, *key).error().code == ErrorCode::conflict);
  CHECK(r.sub(wiki, p.ann) == own);
  CHECK(take_pairwise_key(r.t.services, SecretKey("short")).error().code == ErrorCode::invalid);
}

TEST_CASE("what only reads makes no key when a client becomes pairwise") {
  Pairs p;
  const auto has_key = [&] {
    const auto key = find_pairwise_key(p.t.services);
    REQUIRE(key);
    return !key->empty();
  };
  std::vector<ClientChange> members = {{"redirect_uris", List{"https://app.example/cb"}}};
  SECTION("by a change") {
    test::put_client(p.t, "app");
    REQUIRE(change_client(p.t.services, "app", {{"description", std::string("An app")}}, {}));
    CHECK_FALSE(has_key());
    REQUIRE(change_client(p.t.services, "app", {{"subject_type", std::string("pairwise")}}, {}));
    CHECK(has_key());
  }
  SECTION("by a declaration") {
    REQUIRE(put_client(p.t.services, {"app", members, ClientSecret("")}, {}));
    CHECK_FALSE(has_key());
    members.push_back({"subject_type", std::string("pairwise")});
    REQUIRE(put_client(p.t.services, {"app", members, ClientSecret("")}, {}));
    CHECK(has_key());
  }
  SECTION("but a new one has no tokens, and another server's key can still come") {
    members.push_back({"subject_type", std::string("pairwise")});
    REQUIRE(put_client(p.t.services, {"app", members, ClientSecret("")}, {}));
    CHECK_FALSE(has_key());
  }
}

TEST_CASE("who can get tokens past the redirect addresses shares subjects with nobody") {
  Pairs p;
  const auto sector = [&](const List& uris, const std::function<void(Client&)>& change = {}) {
    return sector_of(p.put("app", uris, change));
  };
  CHECK(sector({"https://app.example:444/cb?x=//evil.example"}) == "app.example");
  CHECK(sector({"https://[2001:DB8::1]:443/cb"}) == "[2001:db8::1]");
  CHECK(sector({"http://127.0.0.1/cb", "app.example:/cb"}) == "client:app");
  CHECK(sector({}, [](Client& client) { client.grant_types = {std::string(kDeviceGrant)}; }) ==
        "client:app");
  const auto with_device = [](Client& client) {
    client.grant_types.emplace_back(kDeviceGrant);
    client.sector_identifier_uri = kSector;
  };
  CHECK(sector({"https://victim.example/cb"}, with_device) == "client:app");
  const auto with_sector = [](Client& client) { client.sector_identifier_uri = kSector; };
  const auto from_stranger = [](Client& client) {
    client.origin = "registered";
    client.sector_identifier_uri = kSector;
  };
  CHECK(sector({"https://app.example/cb"}, from_stranger) == "sector.example");
  CHECK(sector({"https://app.example/cb", "app:/cb"}, with_sector) == "sector.example");
  CHECK(sector({"https://app.example/cb", "app:/cb"}, from_stranger) == "client:app");
  // Its document may have other addresses tomorrow.
  const auto from_document = [](Client& client) {
    client.origin = "document";
    client.sector_identifier_uri = kSector;
  };
  CHECK(sector({"https://victim.example/cb"}, from_document) == "client:app");
  CHECK(sector({"https://app.example/cb"}, with_sector) == "sector.example");
}

TEST_CASE("whoever changes a client so that people have other subjects is found out") {
  Pairs p;
  const Client app = p.put("app", {"https://app.example/cb"});
  Client after = app;
  CHECK_FALSE(changes_subjects(app, after));
  after.redirect_uris = {"https://app.example/else"};
  CHECK_FALSE(changes_subjects(app, after));
  after.redirect_uris = {"https://victim.example/cb"};
  CHECK(changes_subjects(app, after));
  after = app;
  after.is_pairwise = false;
  CHECK(changes_subjects(app, after));
  CHECK(changes_subjects(after, app));
  Client moved = after;
  moved.redirect_uris = {"https://victim.example/cb"};
  CHECK_FALSE(changes_subjects(after, moved));
}

TEST_CASE("redirect addresses on several hosts need a document that lists them") {
  Pairs p;
  const List two = {"https://one.example/cb", "https://two.example/cb"};
  const std::vector<ClientChange> sector = {{"sector_identifier_uri", std::string(kSector)}};
  CHECK(p.refused({"https://one.example/cb", "https://one.example/else"}).empty());
  CHECK(p.refused(two) == "sector_identifier_uri");
  CHECK(p.refused({"https://one.example/cb", "app.one:/cb"}) == "sector_identifier_uri");
  CHECK(p.requests.empty());
  p.document = R"(["https://one.example/cb", "https://two.example/cb", "https://more.example/"])";
  CHECK(p.refused(two, sector).empty());
  REQUIRE(p.requests.size() == 1);
  CHECK(p.requests[0].url == kSector);
  CHECK(p.requests[0].max_bytes == kMaxSectorDocument);
  CHECK(p.requests[0].reach == fetch::Reach::any);
  for (const char* bad : {R"(["https://one.example/cb"])", R"({"uris":[]})", "[1]", "", "null",
                          R"(["https://one.example/cb"],"x":["https://two.example/cb"])",
                          R"(["https://one.example/cb", "https://two.example/CB"])"}) {
    CAPTURE(bad);
    p.document = bad;
    CHECK(p.refused(two, sector) == "sector_identifier_uri");
  }
  p.document = R"(["https://one.example/cb", "https://two.example/cb"])";
  for (const int status : {0, 204, 302, 404, 500}) {
    p.status = status;
    CHECK(p.refused(two, sector) == "sector_identifier_uri");
  }
}

TEST_CASE("the address of the document is one that this server may ask") {
  Pairs p;
  p.document = R"(["https://one.example/cb"])";
  for (const char* bad : {"http://one.example/s.json", "ftp://one.example/", "x", "https://",
                          "https://one.example/#x", "https://ann@one.example/"}) {
    CAPTURE(bad);
    CHECK(p.refused({"https://one.example/cb"}, {{"sector_identifier_uri", std::string(bad)}}) ==
          "sector_identifier_uri");
  }
  CHECK(p.requests.empty());
  CHECK(p.refused({"https://one.example/cb"},
                  {{"sector_identifier_uri", std::string("http://127.0.0.1:9/s.json")}})
            .empty());
}

TEST_CASE("a stranger's document is on the public internet, and nothing is told of what is there") {
  Pairs p;
  p.t.config.provider.outbound_networks = {Network::parse("10.1.0.0/16").value()};
  p.status = 0;
  Client app = p.put("app", {"https://app.example/cb"}, [](Client& client) {
    client.origin = "registered";
    client.sector_identifier_uri = kSector;
  });
  const auto checked = check_sector_document(p.t.services, app);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message.find("route") == std::string::npos);
  REQUIRE(p.requests.size() == 1);
  CHECK(p.requests[0].reach == fetch::Reach::public_only);
  CHECK(p.requests[0].networks.size() == 1);
}

TEST_CASE("strangers' documents take no place of people who sign in with another provider") {
  Pairs p;
  p.document = R"(["https://app.example/cb"])";
  const Client app = p.put("app", {"https://app.example/cb"}, [](Client& client) {
    client.origin = "registered";
    client.sector_identifier_uri = kSector;
  });
  std::vector<Providers::Permit> people;
  people.reserve(kMaxOutgoing);
  for (unsigned i = 0; i < kMaxOutgoing; ++i)
    people.push_back(p.t.services.providers.enter().value());
  CHECK(check_sector_document(p.t.services, app));
  std::vector<SectorPlaces::Permit> held;
  held.reserve(SectorPlaces::kPlaces);
  for (unsigned i = 0; i < SectorPlaces::kPlaces; ++i)
    held.push_back(p.t.services.oauth.sectors.enter().value());
  CHECK(check_sector_document(p.t.services, app).error().code == ErrorCode::busy);
  CHECK(p.requests.size() == 1);
  held.pop_back();
  CHECK(check_sector_document(p.t.services, app));
}

TEST_CASE("the document is asked for again when what it is about changes") {
  Pairs p;
  p.document = R"(["https://one.example/cb", "https://two.example/cb"])";
  const List one = {"https://one.example/cb"};
  const WantedClient wanted{"app",
                            {{"redirect_uris", one},
                             {"sector_identifier_uri", std::string(kSector)},
                             {"subject_type", std::string("pairwise")}},
                            ClientSecret("")};
  REQUIRE(put_client(p.t.services, wanted, {}));
  CHECK(p.requests.size() == 1);
  REQUIRE(put_client(p.t.services, wanted, {}));
  REQUIRE(change_client(p.t.services, "app", {{"description", std::string("An app")}}, {}));
  CHECK(p.requests.size() == 1);
  const std::string two = "https://two.example/cb";
  REQUIRE(change_client(p.t.services, "app", {{"redirect_uris", two, ClientChange::How::add}}, {}));
  CHECK(p.requests.size() == 2);
  const std::string three = "https://three.example/cb";
  const auto refused =
      change_client(p.t.services, "app", {{"redirect_uris", three, ClientChange::How::add}}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "sector_identifier_uri");
  // Somebody else changes it while the document is fetched: what is stored was proved as a whole.
  bool is_first = true;
  p.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    p.requests.push_back(request);
    if (!std::exchange(is_first, false)) return fetch::Reply{200, p.document};
    p.document = R"(["https://one.example/cb", "https://two.example/cb",)"
                 R"( "https://three.example/cb", "https://four.example/cb"])";
    const std::string four = "https://four.example/cb";
    CHECK(
        change_client(p.t.services, "app", {{"redirect_uris", four, ClientChange::How::add}}, {}));
    return fetch::Reply{200, p.document};
  };
  const auto both =
      change_client(p.t.services, "app", {{"redirect_uris", three, ClientChange::How::add}}, {});
  REQUIRE(both);
  CHECK(both->redirect_uris.size() == 4);
  CHECK(p.requests.size() == 6);
}

// The `sub` of some claims.
std::string sub_in(const Result<std::string>& claims) {
  REQUIRE(claims);
  const auto json = JsonObject::parse(*claims);
  REQUIRE(json);
  return json->string("sub").value_or("");
}

TEST_CASE("every place that names a person to a client has its subject") {
  Pairs p;
  const Client wiki = p.put("wiki", {"https://wiki.example/cb"},
                            [](Client& client) { client.id_token_algorithm = "ES256"; });
  const tables::Grant grant = test::put_grant(p.t, p.ann, "wiki");
  const Time now = p.t.clock.now();
  const auto rows = p.t.store.read([&](store::ReadTxn& tx) {
    return Result<std::optional<GrantRows>>(find_live_grant(p.t.config, tx, grant.id, now));
  });
  REQUIRE(rows);
  REQUIRE(*rows);
  const std::string sub = p.sub(wiki, p.ann);
  const TokenWishes wishes{{own_audience(p.t.services)}, {"openid"}, Seconds(60)};
  CHECK(sub_in(id_token_claims(p.t.services, **rows, AccessToken(""), "", now)) == sub);
  CHECK(sub_in(grant_token_claims(p.t.services, **rows, wishes, now)) == sub);
  CHECK(sub_in(userinfo_claims(p.t.services, **rows, {"openid"})) == sub);
  const auto shown = preview_tokens(p.t.services, "wiki", p.ann, "openid");
  REQUIRE(shown);
  for (const std::string& claims : {shown->id_token, shown->access_token, shown->userinfo})
    CHECK(sub_in(claims) == sub);
  tables::LogoutDelivery delivery;
  delivery.id = std::string(16, 'i');
  delivery.subject = subject_of(p.ann);
  const auto logout = make_logout_token(p.t.services, wiki, delivery, now);
  REQUIRE(logout);
  const auto jws = verify_own_jwt(p.t.services, *logout, {kLogoutTokenType});
  REQUIRE(jws);
  CHECK(sub_in(jws->payload) == sub);
}

TEST_CASE("an ID token from before a client became pairwise still means the person") {
  Pairs p;
  const Client wiki = p.put("wiki", {"https://wiki.example/cb"});
  const Client other = p.put("other", {"https://other.example/cb"});
  CHECK(p.means(wiki, p.ann, p.sub(wiki, p.ann)));
  CHECK(p.means(wiki, p.ann, subject_of(p.ann)));
  CHECK_FALSE(p.means(wiki, p.ann, p.sub(other, p.ann)));
  CHECK_FALSE(p.means(wiki, p.ann, p.sub(wiki, p.bob)));
  CHECK_FALSE(p.means(wiki, p.ann, ""));
}

TEST_CASE("userinfo can be signed, for its client alone") {
  Pairs p;
  for (const std::string_view algorithm : {"ES256", "EdDSA", "RS256"}) {
    const Client wiki = p.put("wiki", {"https://wiki.example/cb"},
                              [&](Client& client) { client.userinfo_algorithm = algorithm; });
    GrantRows rows;
    rows.client = wiki;
    rows.user = p.ann;
    const auto token = signed_userinfo(p.t.services, rows, {"openid", "profile"});
    REQUIRE(token);
    const auto jws = verify_own_jwt(p.t.services, *token, {"JWT"});
    REQUIRE(jws);
    const auto claims = JsonObject::parse(jws->payload);
    REQUIRE(claims);
    CHECK(claims->string("iss") == p.t.config.tokens.issuer);
    CHECK(claims->string("aud") == "wiki");
    CHECK(claims->string("preferred_username") == "ann");
    CHECK(sub_in(jws->payload) == p.sub(wiki, p.ann));
  }
}

}  // namespace
}  // namespace authd::auth
