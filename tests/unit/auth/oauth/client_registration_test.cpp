#include "auth/oauth/strangers/client_registration.h"

#include <functional>

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/strangers/document_clients.h"
#include "auth/oauth/strangers/registration_tokens.h"
#include "auth/oauth/strangers/stranger_metadata.h"
#include "support/clients.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using List = std::vector<std::string>;

constexpr std::string_view kNotes =
    R"({"client_name":"Notes","redirect_uris":["https://notes.example/cb"],
        "grant_types":["authorization_code","refresh_token"]})";

JsonObject json(std::string_view text) {
  return JsonObject::parse(text).value();
}

struct Registry {
  explicit Registry(config::Registration registration = config::Registration::open) {
    t.config.provider.registration = registration;
    origin.address = *IpAddress::parse("192.0.2.1");
  }
  Result<RegisteredClient> add(std::string_view text = kNotes, std::string_view token = "") {
    return register_client(t.services, json(text), token, origin);
  }
  std::string refused(std::string_view text) {
    const auto made = add(text);
    return made ? "" : made.error().name + " " + made.error().field;
  }
  // A registration token for many clients.
  std::string token() {
    const auto made = add_registration_token(t.services, "ci", kMaxRegistrations, 24h, {});
    REQUIRE(made);
    return std::string(made->text.reveal());
  }
  // What the client says about itself now is `metadata`, with its id.
  Result<RegisteredClient> put(const RegisteredClient& client, const std::string& metadata) {
    return change_registered(
        t.services, client.client.id, client.access.reveal(),
        json(R"({"client_id":")" + client.client.id + R"(",)" + metadata + "}"), origin);
  }
  size_t swept() { return sweep_strangers(t.services, t.clock.now()).value().removed; }
  std::optional<tables::Client> row(const std::string& id) {
    return t.store
        .read([&](store::ReadTxn& tx) {
          return Result<std::optional<tables::Client>>(find_client(tx, id));
        })
        .value();
  }

  test::Instance t;
  Origin origin;
};

TEST_CASE("a registered client is a stranger with a secret of its own") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  CHECK(made->client.origin == "registered");
  CHECK_FALSE(made->secret.empty());
  CHECK(made->client.grant_types == List{"authorization_code", "refresh_token"});
  CHECK(made->client.always_refresh);
  ClientCredentials sent;
  sent.id = made->client.id;
  sent.secret = ClientSecret(std::string(made->secret.reveal()));
  CHECK(authenticate_client(r.t.services, sent, {}));
  // The store has no token.
  CHECK(r.row(made->client.id)->registration_hash != made->access.reveal());
}

TEST_CASE("what a stranger leaves out has the defaults of RFC 7591") {
  Registry r;
  const auto made = r.add(R"({"redirect_uris":["https://notes.example:8443/cb"]})");
  REQUIRE(made);
  CHECK(made->client.name == "notes.example:8443");
  CHECK(made->client.grant_types == List{"authorization_code"});
  CHECK_FALSE(made->client.always_refresh);
}

TEST_CASE("a stranger sets nothing that only administrators set") {
  Registry r;
  const auto made = r.add(
      R"({"redirect_uris":["https://notes.example/cb"],"consent":"skip","pkce":"optional",
          "roles":["admin"],"audiences":["x"],"resources":["https://api.example"],"profile":"x",
          "federated_identities":["x y"],"scope":"openid admin email","unknown":{"a":1}})");
  REQUIRE(made);
  const tables::Client& client = made->client;
  CHECK_FALSE(client.skips_consent);
  CHECK_FALSE(client.pkce_optional);
  CHECK(client.roles.empty());
  CHECK(client.audiences.empty());
  CHECK(client.resources.empty());
  CHECK(client.federated_identities.empty());
  CHECK(client.scopes == List{"openid", "email"});
}

TEST_CASE("metadata that is not in order is refused in the words of RFC 7591") {
  Registry r;
  CHECK(r.refused(R"({"redirect_uris":["https://a.example/#x"]})") ==
        "invalid_redirect_uri redirect_uris");
  CHECK(r.refused(R"({"client_name":"x"})") == "invalid_redirect_uri redirect_uris");
  CHECK(r.refused(R"({"redirect_uris":["https://a.example/"],"client_name":7})") ==
        "invalid_client_metadata client_name");
  CHECK(r.refused(R"({"redirect_uris":["https://a.example/"],"grant_types":["implicit"]})") ==
        "invalid_client_metadata grant_types");
  CHECK(r.refused(R"({"redirect_uris":["https://a.example/"],"response_types":["token"]})") ==
        "invalid_client_metadata response_types");
  CHECK(r.refused(R"({"redirect_uris":["https://a.example/"],"jwks_uri":"http://a.example/"})") ==
        "invalid_client_metadata jwks_uri");
}

TEST_CASE("nobody registers where it is off, and only with a token where one is needed") {
  Registry off(config::Registration::off);
  CHECK(off.add().error().code == ErrorCode::not_found);
  Registry r(config::Registration::token);
  CHECK(r.add().error().code == ErrorCode::unauthenticated);
  CHECK(r.add(kNotes, "wrong").error().name == "invalid_token");
  const auto token = add_registration_token(r.t.services, "ci", 2, 24h, {});
  REQUIRE(token);
  const std::string text(token->text.reveal());
  CHECK(r.add(kNotes, text));
  // What is refused uses nothing up.
  CHECK_FALSE(r.add(R"({"redirect_uris":[]})", text));
  CHECK(r.add(kNotes, text));
  CHECK(r.add(kNotes, text).error().name == "invalid_token");
}

TEST_CASE("a registration token ends by time and by hand") {
  Registry r(config::Registration::token);
  const auto one = add_registration_token(r.t.services, "one", 9, 24h, {});
  const auto two = add_registration_token(r.t.services, "two", 9, 48h, {});
  REQUIRE(one);
  REQUIRE(two);
  CHECK(list_registration_tokens(r.t.services).value().size() == 2);
  r.t.clock.advance(24h);
  CHECK(list_registration_tokens(r.t.services).value().size() == 1);
  CHECK_FALSE(r.add(kNotes, one->text.reveal()));
  CHECK(r.add(kNotes, two->text.reveal()));
  CHECK(revoke_registration_token(r.t.services, registration_token_text(two->row), {}));
  CHECK_FALSE(r.add(kNotes, two->text.reveal()));
  CHECK_FALSE(revoke_registration_token(r.t.services, "nothing", {}));
  CHECK(add_registration_token(r.t.services, "x", 0, 24h, {}).error().field == "uses");
  CHECK(add_registration_token(r.t.services, "x", 1, 0s, {}).error().field ==
        kRegistrationLifeField);
}

TEST_CASE("an address registers so many clients in a day") {
  Registry r;
  for (uint64_t i = 0; i < kMaxRegisteredByAddress; ++i)
    REQUIRE(r.add());
  CHECK(r.add().error().code == ErrorCode::rate_limited);
  r.origin.address = *IpAddress::parse("192.0.2.2");
  CHECK(r.add());
  r.t.clock.advance(24h);
  r.origin.address = *IpAddress::parse("192.0.2.1");
  CHECK(r.add());
}

TEST_CASE("a client changes what it says") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  const std::string& id = made->client.id;
  const std::string access(made->access.reveal());
  const auto changed =
      change_registered(r.t.services, id, access,
                        json(R"({"client_id":")" + id + R"(","redirect_uris":["https://b.example/"],
               "token_endpoint_auth_method":"none"})"),
                        {});
  REQUIRE(changed);
  CHECK(changed->client.is_public);
  CHECK(changed->client.secrets.empty());
  CHECK(r.row(id)->redirect_uris == List{"https://b.example/"});
  CHECK(change_registered(r.t.services, id, "wrong", json(kNotes), {}).error().name ==
        "invalid_token");
  CHECK(change_registered(r.t.services, id, access, json(kNotes), {}).error().field == "client_id");
}

TEST_CASE("what an administrator has changed, the client does not undo") {
  const std::vector<std::function<bool(const Services&, const std::string&)>> kChanges = {
      [](const Services& s, const std::string& id) {
        return change_client(s, id, {{"redirect_uris", List{"https://notes.example/cb"}}}, {})
            .has_value();
      },
      [](const Services& s, const std::string& id) {
        return add_secret(s, id, Milliseconds(0), ClientSecret(""), {}).has_value();
      },
      [](const Services& s, const std::string& id) {
        return rotate_secret(s, id, Milliseconds(0), {}).has_value();
      },
      [](const Services& s, const std::string& id) {
        const auto had_one = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
          tables::Client client = *find_client(tx, id);
          client.logo_version = "1";
          save_client(tx, client);
          return {};
        });
        return had_one && remove_client_logo(s, id, {}).has_value();
      },
  };
  for (const auto& change : kChanges) {
    Registry r;
    const auto made = r.add();
    REQUIRE(made);
    REQUIRE(change(r.t.services, made->client.id));
    const tables::Client before = *r.row(made->client.id);
    CHECK(r.put(*made, R"("redirect_uris":["https://evil.example/"])").error().name ==
          "invalid_token");
    CHECK_FALSE(find_registered(r.t.services, made->client.id, made->access.reveal()));
    CHECK_FALSE(delete_registered(r.t.services, made->client.id, made->access.reveal(), {}));
    CHECK(tables::encode_row(*r.row(made->client.id)) == tables::encode_row(before));
  }
}

TEST_CASE("a secret that an administrator has revoked does not come back") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  const std::string& id = made->client.id;
  const std::string first = secrets_of(*r.row(id)).front().id;
  REQUIRE(add_secret(r.t.services, id, Milliseconds(0), ClientSecret(""), {}));
  REQUIRE(revoke_secret(r.t.services, id, first, {}));
  CHECK_FALSE(r.put(*made, R"("redirect_uris":["https://notes.example/cb"])"));
}

TEST_CASE("a client that was disabled and enabled looks after itself again") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  REQUIRE(change_client(r.t.services, made->client.id, {{"disabled", true}}, {}));
  CHECK_FALSE(r.put(*made, R"("redirect_uris":["https://b.example/"])"));
  REQUIRE(change_client(r.t.services, made->client.id, {{"disabled", false}}, {}));
  CHECK(r.put(*made, R"("redirect_uris":["https://b.example/"])"));
}

TEST_CASE("only a client with an initial access token gets the grant of devices") {
  const std::string device = "urn:ietf:params:oauth:grant-type:device_code";
  const std::string both = R"({"redirect_uris":["https://tv.example/cb"],
      "grant_types":["authorization_code",")" +
                           device + R"("]})";
  const std::string alone = R"({"client_name":"TV","grant_types":[")" + device + R"("]})";
  Registry r;
  const auto open = r.add(both);
  REQUIRE(open);
  CHECK(open->client.grant_types == List{"authorization_code"});
  CHECK(r.refused(alone) == "invalid_client_metadata grant_types");
  const auto changed = r.put(*open, R"("redirect_uris":["https://tv.example/cb"],
      "grant_types":["authorization_code",")" +
                                        device + R"("])");
  REQUIRE(changed);
  CHECK(changed->client.grant_types == List{"authorization_code"});
  const auto made = r.add(alone, r.token());
  REQUIRE(made);
  CHECK(made->client.grant_types == List{device});
}

TEST_CASE("nothing is fetched for whoever may not register") {
  Registry r;
  size_t requests = 0;
  r.t.remote.answer = [&](const fetch::Request&) -> Result<fetch::Reply> {
    requests += 1;
    return fetch::Reply{200, R"(["https://notes.example/cb"])"};
  };
  const std::string sector = R"({"redirect_uris":["https://notes.example/cb"],
      "subject_type":"pairwise","sector_identifier_uri":"https://notes.example/sector"})";
  CHECK(r.add(sector, "wrong").error().name == "invalid_token");
  r.t.config.provider.registration = config::Registration::token;
  CHECK_FALSE(r.add(sector));
  r.t.config.provider.registration = config::Registration::open;
  CHECK(requests == 0);
  REQUIRE(r.add(sector));
  CHECK(requests == 1);
  for (uint64_t i = 1; i < kMaxRegisteredByAddress; ++i)
    REQUIRE(r.add());
  CHECK(r.add(sector).error().code == ErrorCode::rate_limited);
  CHECK(requests == 1);
}

TEST_CASE("what a stranger says is short") {
  Registry r;
  const auto with = [](size_t count) {
    std::string uris;
    for (size_t i = 0; i < count; ++i) {
      uris += (i == 0 ? "\"" : ",\"") + ("https://a.example/" + std::to_string(i)) +
              std::string(1000, 'x') + "\"";
    }
    return R"({"redirect_uris":[)" + uris + "]}";
  };
  CHECK(r.add(with(10)));
  CHECK(r.refused(with(20)) == "invalid_redirect_uri redirect_uris");
}

TEST_CASE("there is room for so many registered clients, which are counted without being read") {
  Registry r;
  REQUIRE(r.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tx.put(tables::clients.full_key("authd_registered_x"), "not a row");
    return {};
  }));
  CHECK(r.add());
  for (size_t i = 2; i < kMaxRegisteredClients; ++i)
    test::put_client(r.t, std::string(kRegisteredIdPrefix) + std::to_string(i));
  CHECK(r.add(kNotes, r.token()).error().name == "too_many_clients");
}

TEST_CASE("a client deletes itself, and nobody else does with its token") {
  Registry r;
  const auto one = r.add();
  const auto two = r.add();
  REQUIRE(one);
  REQUIRE(two);
  CHECK_FALSE(delete_registered(r.t.services, one->client.id, two->access.reveal(), {}));
  CHECK(delete_registered(r.t.services, one->client.id, one->access.reveal(), {}));
  CHECK_FALSE(r.row(one->client.id));
  CHECK(find_registered(r.t.services, two->client.id, two->access.reveal()));
}

TEST_CASE("a client of an administrator has no registration") {
  Registry r;
  test::put_client(r.t, "wiki");
  CHECK_FALSE(find_registered(r.t.services, "wiki", ""));
}

TEST_CASE("a registered client that nobody uses is removed after a day") {
  Registry r;
  const auto unused = r.add();
  const auto used = r.add();
  test::put_client(r.t, "wiki");
  REQUIRE(unused);
  REQUIRE(used);
  REQUIRE(r.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    note_client_use(tx, used->client.id, r.t.clock.now());
    return {};
  }));
  r.t.clock.advance(kUnusedClientLife - 1s);
  CHECK(sweep_strangers(r.t.services, r.t.clock.now())->removed == 0);
  r.t.clock.advance(1s);
  CHECK(sweep_strangers(r.t.services, r.t.clock.now())->removed == 1);
  CHECK_FALSE(r.row(unused->client.id));
  CHECK(r.row(used->client.id));
  CHECK(r.row("wiki"));
}

TEST_CASE("a client does not make itself younger by changing") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  r.t.clock.advance(kUnusedClientLife - 1s);
  REQUIRE(
      r.put(*made, R"("redirect_uris":["https://notes.example/cb"],"subject_type":"pairwise")"));
  CHECK(r.row(made->client.id)->is_pairwise);
  r.t.clock.advance(1s);
  CHECK(r.swept() == 1);
}

TEST_CASE("the grants of a used client that changes its subjects end") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  REQUIRE(r.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    note_client_use(tx, made->client.id, r.t.clock.now());
    return {};
  }));
  r.t.clock.advance(1h);
  const auto changed =
      r.put(*made, R"("redirect_uris":["https://notes.example/cb"],"subject_type":"pairwise")");
  REQUIRE(changed);
  CHECK(changed->client.created_at == r.t.clock.now());
  CHECK(r.row(made->client.id)->created_at == r.t.clock.now());
}

TEST_CASE("nor does one stay that somebody gives while the document of the sector is fetched") {
  Registry r;
  const auto made = r.add();
  REQUIRE(made);
  REQUIRE(r.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    note_client_use(tx, made->client.id, r.t.clock.now());
    return {};
  }));
  Milliseconds takes = 3s;
  r.t.remote.answer = [&](const fetch::Request&) -> Result<fetch::Reply> {
    r.t.clock.advance(takes);
    return fetch::Reply{200, R"(["https://notes.example/cb"])"};
  };
  const auto with_sector = [](const std::string& host) {
    return R"("redirect_uris":["https://notes.example/cb"],"subject_type":"pairwise",)"
           R"("sector_identifier_uri":"https://)" +
           host + R"(/sector")";
  };
  const auto changed = r.put(*made, with_sector("one.example"));
  REQUIRE(changed);
  CHECK(changed->client.created_at == r.t.clock.now());
  // Nor if the clock is set back meanwhile.
  takes = -1h;
  const auto again = r.put(*made, with_sector("two.example"));
  REQUIRE(again);
  CHECK(again->client.created_at == changed->client.created_at + Milliseconds(1));
}

TEST_CASE("a client that registered with a token stays") {
  Registry r(config::Registration::token);
  const auto made = r.add(kNotes, r.token());
  REQUIRE(made);
  CHECK(made->client.origin == "token");
  r.t.clock.advance(2 * kUnusedClientLife);
  CHECK(r.swept() == 0);
  CHECK(find_registered(r.t.services, made->client.id, made->access.reveal()));
}

TEST_CASE("the row of a document is removed when nobody uses it any more, unless it is blocked") {
  Registry r;
  for (const char* id :
       {"https://a.example/used", "https://a.example/old", "https://a.example/bad"}) {
    test::put_client(r.t, id, [&](tables::Client& client) {
      client.origin = "document";
      client.created_at = r.t.clock.now();
      client.last_used = r.t.clock.now();
      client.disabled = std::string_view(id).ends_with("bad");
    });
  }
  r.t.clock.advance(std::max(kUnusedDocumentLife, r.t.config.tokens.refresh_ttl) + kUseStep);
  REQUIRE(r.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    note_client_use(tx, "https://a.example/used", r.t.clock.now());
    return {};
  }));
  CHECK(sweep_strangers(r.t.services, r.t.clock.now())->removed == 1);
  CHECK_FALSE(r.row("https://a.example/old"));
  CHECK(r.row("https://a.example/used"));
  CHECK(r.row("https://a.example/bad"));
}

}  // namespace
}  // namespace authd::auth
