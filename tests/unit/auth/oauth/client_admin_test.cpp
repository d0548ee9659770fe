#include "auth/oauth/clients/client_admin.h"

#include "auth/accounts/roles/role_removal.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "base/json.h"
#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using Changes = std::vector<ClientChange>;
using List = std::vector<std::string>;

const List kRedirect = {"https://app.example/callback"};

struct Admin {
  Result<MadeClient> add(Changes changes, const std::string& id = "",
                         const std::string& secret = "") {
    changes.insert(changes.begin(), {"name", std::string("App")});
    return add_client(t.services, {id, std::move(changes), ClientSecret(secret)}, {});
  }
  // The field of the refusal; empty: it was taken.
  std::string refused(Changes changes) {
    const auto made = add(std::move(changes));
    return made ? "" : made.error().field;
  }
  Result<Program> authenticate(const std::string& id, std::string_view secret) {
    ClientCredentials sent;
    sent.id = id;
    sent.secret = ClientSecret(std::string(secret));
    return authenticate_client(t.services, sent, {});
  }

  test::Instance t;
};

TEST_CASE("a client with an address signs people in, unless its grant types say otherwise") {
  Admin a;
  const auto app = a.add({{"redirect_uris", kRedirect}});
  REQUIRE(app);
  CHECK(app->client.grant_types == List{"authorization_code", "refresh_token"});
  CHECK(app->client.id.starts_with("authd_client_"));
  CHECK(a.authenticate(app->client.id, app->secret.reveal()));
  const auto server = a.add({});
  REQUIRE(server);
  CHECK(server->client.grant_types.empty());
  const auto spa = a.add({{"redirect_uris", kRedirect}, {"public", true}}, "spa");
  REQUIRE(spa);
  CHECK(spa->client.id == "spa");
  CHECK(spa->secret.empty());
  CHECK(a.add({}, "spa").error().name == "client_exists");
}

TEST_CASE("a client that makes no sense is refused, with the member that is wrong") {
  Admin a;
  const List code = {"authorization_code"};
  CHECK(a.refused({{"redirect_uris", List{"http://app.example/callback"}}}) == "redirect_uris");
  CHECK(a.refused({{"redirect_uris", List{"https://app.example/*"}}}) == "redirect_uris");
  CHECK(a.refused({{"grant_types", code}}) == "redirect_uris");
  CHECK(a.refused({{"grant_types", List{"password"}}}) == "grant_types");
  CHECK(a.refused({{"grant_types", List{"refresh_token"}}}) == "grant_types");
  CHECK(a.refused({{"redirect_uris", kRedirect}, {"grant_types", List{"client_credentials"}}}) ==
        "grant_types");
  CHECK(a.refused({{"public", true}}) == "public");
  CHECK(a.refused(
            {{"redirect_uris", kRedirect}, {"public", true}, {"pkce", std::string("optional")}}) ==
        "pkce");
  CHECK(a.refused({{"redirect_uris", kRedirect},
                   {"public", true},
                   {"token_endpoint_auth_method", std::string("client_secret_basic")}}) ==
        "token_endpoint_auth_method");
  CHECK(a.refused({{"redirect_uris", kRedirect},
                   {"public", true},
                   {"grant_types", List{"authorization_code", "client_credentials"}}}) ==
        "grant_types");
  CHECK(a.refused({{"pkce", std::string("never")}}) == "pkce");
  CHECK(a.refused({{"disabled", std::string("yes")}}) == "disabled");
  CHECK(a.refused({{"roles", List{"nobody"}}}) == "roles");
  CHECK(a.refused({{"resources", List{"https://api.example.org"}}}) == "resources");
  CHECK(a.refused({{"scopes", List{"two words"}}}) == "scopes");
  CHECK(a.refused({{"networks", List{"192.0.2.1/24"}}}) == "networks");
  CHECK(a.refused({{"required_acr", std::string("gold")}}) == "required_acr");
  CHECK(a.refused({{"id_token_signed_response_alg", std::string("HS256")}}) ==
        "id_token_signed_response_alg");
  CHECK(a.refused({{"group_names", List{"admin"}}}) == "group_names");
  CHECK(a.refused({{"access_ttl", std::string("25h")}}) == "access_ttl");
  CHECK(a.refused({{"access_ttl", std::string("soon")}}) == "access_ttl");
  CHECK(a.refused({{"max_age", List{}}}) == "max_age");
  CHECK(a.refused({{"client_uri", std::string("javascript:alert(1)")}}) == "client_uri");
  for (const char* login : {"http://app.example/login", "http://192.0.2.7/login", "app:/login",
                            "https://app.example/login#x", "https://ann@app.example/login"}) {
    CAPTURE(login);
    CHECK(a.refused({{"initiate_login_uri", std::string(login)}}) == "initiate_login_uri");
  }
  for (const char* login : {"https://app.example/login?a=b", "http://127.0.0.1:8000/login"}) {
    CAPTURE(login);
    CHECK(a.refused({{"initiate_login_uri", std::string(login)}}) == "");
  }
  CHECK(a.refused({{"description", std::string(2001, 'x')}}) == "description");
  CHECK(a.refused({{"groups", List(51, "x")}}) == "");  // One value, fifty times repeated.
  CHECK(a.refused({{"groups", List{""}}}) == "groups");
  CHECK(a.refused({{"name", std::string("  ")}}) == "name");
  CHECK(a.refused({{"name", true}}) == "name");
  const auto near = a.add({{"redirect_uri", kRedirect}});
  CHECK(near.error().message.find("redirect_uris?") != std::string::npos);
}

TEST_CASE("a client for devices needs no address, and its grant type has a short name") {
  Admin a;
  const List devices = {"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"};
  const auto tv = a.add({{"grant_types", List{"device_code", "refresh_token"}}, {"public", true}});
  REQUIRE(tv);
  CHECK(tv->client.grant_types == devices);
  CHECK(tv->client.is_public);
  const auto both = a.add({{"grant_types", List{"device_code", devices.front()}}});
  REQUIRE(both);
  CHECK(both->client.grant_types == List{devices.front()});
  const std::string& id = both->client.id;
  const auto change = [&](ClientChange::How how) {
    const auto changed =
        change_client(a.t.services, id, {{"grant_types", std::string("device_code"), how}}, {});
    return changed ? changed->grant_types : List{"refused"};
  };
  CHECK(change(ClientChange::How::remove).empty());
  CHECK(change(ClientChange::How::add) == List{devices.front()});
  // Only there: a scope may have that name.
  CHECK(a.add({{"scopes", List{"device_code"}}})->client.scopes == List{"device_code"});
  CHECK(a.refused({{"grant_types", List{"device_code"}}, {"redirect_uris", kRedirect}}) ==
        "grant_types");
}

TEST_CASE("ids and secrets that somebody brings along are checked") {
  Admin a;
  for (const char* id : {"ab", "-abc", "a b c", "authd", "ümlaut"})
    CHECK(a.add({}, id).error().field == "client_id");
  CHECK(a.add({}, std::string(65, 'x')).error().field == "client_id");
  CHECK(a.add({}, "grafana", "short").error().field == "client_secret");
  const std::string secret(32, 's');
  REQUIRE(a.add({}, "grafana", secret));
  CHECK(a.authenticate("grafana", secret));
  CHECK(a.add({{"redirect_uris", kRedirect}, {"public", true}}, "spa", secret).error().field ==
        "client_secret");
  CHECK(a.add({}, "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16").error().field == "client_id");
}

TEST_CASE("several clients are added together, or none of them") {
  Admin a;
  const auto wanted = [](const std::string& id) {
    return NewClient{id, {{"name", std::string("App")}}, ClientSecret("")};
  };
  std::vector<NewClient> twice;
  twice.push_back(wanted("app"));
  twice.push_back(wanted("app"));
  size_t at = 0;
  CHECK(add_clients(a.t.services, twice, {}, at).error().name == "client_exists");
  CHECK(at == 1);
  CHECK(list_clients(a.t.services)->empty());
  twice.pop_back();
  twice.push_back(wanted("other"));
  CHECK(add_clients(a.t.services, twice, {}, at)->size() == 2);
  std::vector<NewClient> many;
  for (size_t i = 0; i < kMaxAddedClients; ++i)
    many.push_back(wanted("many" + std::to_string(i)));
  CHECK(add_clients(a.t.services, many, {}, at));
  many.push_back(wanted("more"));
  CHECK(add_clients(a.t.services, many, {}, at).error().code == ErrorCode::invalid);
}

TEST_CASE("a new client does not get the logo of a former one of its id") {
  Admin a;
  const auto leave_behind = [&](const std::string& id) {
    REQUIRE(a.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::client_logos.put(tx, id, client_logo_of("an old picture", a.t.clock.now()));
      return {};
    }));
  };
  const auto is_left = [&](const std::string& id) {
    return a.t.store
        .read([&](store::ReadTxn& tx) {
          return Result<bool>(tables::client_logos.find(tx, id).has_value());
        })
        .value();
  };
  leave_behind("app");
  REQUIRE(a.add({}, "app"));
  CHECK_FALSE(is_left("app"));
  // Neither if the older release adds the new one, too.
  test::put_client(a.t, "other");
  leave_behind("other");
  CHECK(find_client_logo(a.t.services, "other").error().code == ErrorCode::not_found);
  REQUIRE(remove_client_logo(a.t.services, "other", {}));
  CHECK_FALSE(is_left("other"));
}

TEST_CASE("an API key makes no client that skips the consent") {
  Admin a;
  Origin origin;
  origin.by_api_key = true;
  const NewClient wanted{
      "", {{"name", std::string("App")}, {"consent", std::string("skip")}}, ClientSecret("")};
  CHECK(add_client(a.t.services, wanted, origin).error().name == "beyond_api_key");
}

TEST_CASE("parts of a list are added and taken away one after the other") {
  using How = ClientChange::How;
  Admin a;
  REQUIRE(add_role(a.t.services, "staff", "", {}, {}));
  REQUIRE(add_role(a.t.services, "guests", "", {}, {}));
  REQUIRE(a.add({{"roles", List{"staff", "guests"}}}, "app"));
  const auto change = [&](Changes changes) {
    return change_client(a.t.services, "app", changes, {});
  };
  const auto left = change({{"roles", std::string("staff"), How::remove},
                            {"groups", std::string("x"), How::add},
                            {"groups", std::string("y"), How::add}});
  REQUIRE(left);
  CHECK(left->roles == List{"guests"});
  CHECK(left->groups == List{"x", "y"});
  // Nobody lets everybody in by taking somebody's access away.
  CHECK(change({{"roles", std::string("guests"), How::remove}}).error().field == "roles");
  CHECK(change({{"roles", std::string("staff"), How::remove}}).error().field == "roles");
  CHECK(change({{"pkce", std::string("x"), How::add}}).error().field == "pkce");
  CHECK(change({{"roles", List{}}})->roles.empty());
  const JsonObject form = JsonObject::parse(R"({"roles":null})").value();
  CHECK(changes_from_json(form, {}).error().field == "roles");
}

TEST_CASE("members are changed one by one, and what is gone need not be there") {
  Admin a;
  REQUIRE(add_role(a.t.services, "staff", "", {}, {}));
  REQUIRE(a.add({{"redirect_uris", kRedirect}, {"roles", List{"staff"}}}, "app"));
  a.t.clock.advance(1s);
  const auto changed =
      change_client(a.t.services, "app",
                    {{"access_ttl", std::string("5m")}, {"consent", std::string("skip")}}, {});
  REQUIRE(changed);
  CHECK(changed->access_ttl_ms == 300'000);
  CHECK(changed->skips_consent);
  CHECK(changed->roles == List{"staff"});
  CHECK(changed->updated_at > changed->created_at);
  // Twice at the same moment: a decision about the former client is still noticed.
  const auto again = change_client(a.t.services, "app", {{"description", std::string("x")}}, {});
  CHECK(again->updated_at > changed->updated_at);
  REQUIRE(delete_role(a.t.services, "staff", {}));
  CHECK(change_client(a.t.services, "app", {{"disabled", true}}, {}));
  CHECK(change_client(a.t.services, "app", {{"roles", List{"staff", "other"}}}, {}).error().field ==
        "roles");
  CHECK(change_client(a.t.services, "nobody", {}, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("a client that becomes public loses its secrets") {
  Admin a;
  const auto app = a.add({{"redirect_uris", kRedirect}}, "app");
  REQUIRE(change_client(a.t.services, "app", {{"public", true}}, {}));
  CHECK(a.authenticate("app", ""));
  CHECK_FALSE(a.authenticate("app", app->secret.reveal()));
  CHECK(add_secret(a.t.services, "app", 0ms, ClientSecret(""), {}).error().field == "public");
}

TEST_CASE("secrets are changed over, and the last one stays") {
  Admin a;
  const auto app = a.add({}, "app");
  REQUIRE(app);
  const auto second = add_secret(a.t.services, "app", 24h, ClientSecret(""), {});
  REQUIRE(second);
  CHECK(a.authenticate("app", app->secret.reveal()));
  CHECK(a.authenticate("app", second->secret.reveal()));
  const auto client = a.authenticate("app", second->secret.reveal())->client();
  const std::string first = secrets_of(client).front().id;
  REQUIRE(revoke_secret(a.t.services, "app", first, {}));
  CHECK_FALSE(a.authenticate("app", app->secret.reveal()));
  CHECK(revoke_secret(a.t.services, "app", second->row.id, {}).error().name == "last_secret");
  CHECK(revoke_secret(a.t.services, "app", "nothing", {}).error().code == ErrorCode::not_found);
  a.t.clock.advance(25h);
  CHECK_FALSE(a.authenticate("app", second->secret.reveal()));
  CHECK(add_secret(a.t.services, "app", 1s, ClientSecret(""), {}).error().field == "expires_in");
  for (size_t i = 0; i < kMaxClientSecrets; ++i)
    REQUIRE(add_secret(a.t.services, "app", 0ms, ClientSecret(""), {}));
  CHECK(add_secret(a.t.services, "app", 0ms, ClientSecret(""), {}).error().name ==
        "too_many_secrets");
}

TEST_CASE("the secret of a client of 0.1.0 can be revoked like another") {
  Admin a;
  test::put_client(a.t, "old");
  const std::string secret = "the secret of old";
  CHECK(a.authenticate("old", secret));
  REQUIRE(add_secret(a.t.services, "old", 0ms, ClientSecret(""), {}));
  REQUIRE(revoke_secret(a.t.services, "old", kFirstSecretId, {}));
  CHECK_FALSE(a.authenticate("old", secret));
}

TEST_CASE("members go through text and JSON unchanged") {
  Admin a;
  const auto app = a.add({{"redirect_uris", List{"https://a.example/cb", "app.example:/cb"}},
                          {"pkce", std::string("optional")},
                          {"access_ttl", std::string("90s")},
                          {"id_token_claims", true},
                          {"scopes", List{"openid", "custom"}}});
  REQUIRE(app);
  JsonWriter json;
  json.begin_object();
  write_members(json, app->client);
  json.end_object();
  const auto read = changes_from_json(JsonObject::parse(json.text()).value(), {});
  REQUIRE(read);
  CHECK(read->size() == client_members().size());
  tables::Client copy;
  for (const ClientChange& change : *read)
    REQUIRE(set_member(copy, change));
  for (const ClientMember& member : client_members())
    CHECK(value_of(copy, member) == value_of(app->client, member));
  CHECK(std::get<List>(change_from_text("scopes", "openid,email")->value) ==
        List{"openid", "email"});
  CHECK(std::get<std::string>(change_from_text("pkce", "optional")->value) == "optional");
  CHECK(change_from_text("nothing", "x").error().field == "nothing");
  CHECK_FALSE(client_warnings(config::Realm(), app->client).empty());
}

TEST_CASE("metadata of RFC 7591 becomes members, or says what is not done here") {
  Admin a;
  const auto read = [](const char* text) {
    return changes_from_metadata(JsonObject::parse(text).value());
  };
  const auto changes = read(R"({"client_name":"App","client_name#de":"Programm",
    "redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"none",
    "scope":"openid email","response_types":["code"],"contacts":["x@example.org"],
    "subject_type":"public","client_secret_expires_at":0})");
  REQUIRE(changes);
  const auto made = add_client(a.t.services, {"", *changes, ClientSecret("")}, {});
  REQUIRE(made);
  CHECK(made->client.name == "App");
  CHECK(made->client.is_public);
  CHECK(made->client.scopes == List{"openid", "email"});
  CHECK(read(R"({"response_types":["token"]})").error().field == "response_types");
  CHECK(read(R"({"client_secret_expires_at":1900000000})").error().field ==
        "client_secret_expires_at");
  CHECK(read(R"({"subject_type":"pairwise"})"));
  CHECK(read(R"({"tls_client_certificate_bound_access_tokens":true})").error().field ==
        "tls_client_certificate_bound_access_tokens");
  CHECK(read(R"({"jwks_uri":"https://app.example/jwks"})"));
}

TEST_CASE("resources are named by an address, and not by this server") {
  Admin a;
  const auto refused = [&](const std::string& identifier, List scopes = {}) {
    const auto added =
        add_resource(a.t.services, {identifier, "API", std::move(scopes), 0, Time{}, {}}, {});
    return added ? "" : added.error().field;
  };
  CHECK(refused("https://api.example.org", {"orders:read"}) == "");
  CHECK(refused("urn:example:api") == "");
  for (const std::string& identifier :
       {std::string("api"), std::string("https://api.example.org#x"), std::string(":x"),
        std::string("https://a b"), a.t.config.tokens.issuer, "https://" + std::string(400, 'x')})
    CHECK(refused(identifier) == "identifier");
  CHECK(refused("https://a.example", {"openid"}) == "scopes");
  CHECK(refused("https://a.example", {"a b"}) == "scopes");
  CHECK(add_resource(a.t.services, {"https://api.example.org", "API", {}, 0, Time{}, {}}, {})
            .error()
            .name == "resource_exists");
  ResourceChange change;
  change.access_ttl = 5min;
  change.scopes = List{"orders:write"};
  CHECK(change_resource(a.t.services, "https://api.example.org", change, {})->access_ttl_ms ==
        300'000);
  change.access_ttl = 25h;
  CHECK(change_resource(a.t.services, "https://api.example.org", change, {}).error().field ==
        "access_ttl");
  CHECK(change_resource(a.t.services, "https://no.example", {}, {}).error().code ==
        ErrorCode::not_found);
  CHECK(list_resources(a.t.services)->size() == 2);
  REQUIRE(delete_resource(a.t.services, "urn:example:api", {}));
  CHECK(delete_resource(a.t.services, "urn:example:api", {}).error().code == ErrorCode::not_found);
}

}  // namespace
}  // namespace authd::auth
