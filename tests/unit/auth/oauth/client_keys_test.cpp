#include "auth/oauth/clients/client_keys.h"

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/key_rules.h"
#include "auth/oauth/protocol/words.h"
#include "support/client_signer.h"
#include "support/people.h"

namespace authd::auth {
namespace {

using Changes = std::vector<ClientChange>;
using List = std::vector<std::string>;

const List kJob = {"https://ci.example repo:app"};

struct Rules {
  // The field of the refusal; empty: it is in order.
  std::string field(const std::function<void(tables::Client&)>& change) {
    tables::Client client;
    client.auth_method = kPrivateKeyAuth;
    client.jwks = signer.jwks();
    change(client);
    const Result<void> checked = check_client_keys(client);
    if (checked) return "";
    CHECK(checked.error().code == ErrorCode::invalid);
    return checked.error().field;
  }

  test::Instance t{test::with_issuer()};
  test::ClientSigner signer{t};
};

TEST_CASE("a client that signs has keys here or there, or a platform") {
  Rules r;
  using tables::Client;
  CHECK(r.field([](Client&) {}).empty());
  CHECK(r.field([](Client& c) { c.jwks.clear(); }) == "jwks");
  CHECK(r.field([](Client& c) { c.jwks = "{}"; }) == "jwks");
  CHECK(r.field([](Client& c) { c.jwks_uri = "https://app.example/jwks"; }) == "jwks_uri");
  const auto at = [&](const std::string& uri) {
    return r.field([&](Client& c) {
      c.jwks.clear();
      c.jwks_uri = uri;
    });
  };
  CHECK(at("https://app.example/jwks").empty());
  CHECK(at("http://127.0.0.1:8081/jwks").empty());
  for (const char* uri : {"http://app.example/jwks", "https://app.example/#x", "ftp://a/", "x"})
    CHECK(at(uri) == "jwks_uri");
  CHECK(r.field([](Client& c) {
    c.jwks.clear();
    c.auth_method.clear();
    c.requires_jar = true;
  }) == "require_signed_request_object");
}

TEST_CASE("an identity is an issuer and a whole subject") {
  Rules r;
  using tables::Client;
  const auto of = [&](const std::string& identity) {
    return r.field([&](Client& c) {
      c.jwks.clear();
      c.federated_identities = {identity};
    });
  };
  CHECK(of("https://ci.example repo:app:environment:Go live").empty());
  CHECK(of("https://kubernetes.default.svc system:serviceaccount:shop:orders").empty());
  for (const char* identity :
       {"https://ci.example", "https://ci.example ", "http://ci.example repo:app",
        "https://ci.example/* repo:app", "https://ci.example repo:*", "repo:app https://ci.example",
        "https://ci.example?x repo:app", " repo:app", ""})
    CHECK(of(identity) == "federated_identities");
  CHECK(r.field([](Client& c) {
    c.federated_identities = kJob;
    c.auth_method.clear();
  }) == "federated_identities");
  CHECK(r.field([](Client& c) {
    c.federated_identities = kJob;
    c.origin = "registered";
  }) == "federated_identities");
}

TEST_CASE("a client that signs has no secret, from the beginning or from now on") {
  Rules r;
  const Services& s = r.t.services;
  const Changes signing = {{"name", "App"},
                           {"token_endpoint_auth_method", std::string(kPrivateKeyAuth)},
                           {"jwks", r.signer.jwks() + "\n"}};
  const auto made = add_client(s, {"app", signing, ClientSecret("")}, {});
  REQUIRE(made);
  CHECK(made->secret.empty());
  CHECK(made->client.secrets.empty());
  CHECK(made->client.jwks == r.signer.jwks());
  const auto brought = add_client(s, {"two", signing, ClientSecret(std::string(40, 's'))}, {});
  REQUIRE_FALSE(brought);
  CHECK(brought.error().field == "client_secret");
  CHECK_FALSE(add_secret(s, "app", Milliseconds(0), ClientSecret(""), {}));
  CHECK_FALSE(rotate_secret(s, "app", Milliseconds(0), {}));

  REQUIRE(add_client(s, {"old", {{"name", "Old"}}, ClientSecret("")}, {}));
  const auto changed = change_client(s, "old", signing, {});
  REQUIRE(changed);
  CHECK(changed->secrets.empty());
  CHECK_FALSE(change_client(s, "old", {{"jwks", std::string()}}, {}));
}

TEST_CASE("the metadata of a client has its keys as an object") {
  Rules r;
  const std::string text = R"({"client_name":"App","token_endpoint_auth_method":"private_key_jwt",)"
                           R"("token_endpoint_auth_signing_alg":"ES256","jwks":)" +
                           r.signer.jwks() + "}";
  const auto changes = changes_from_metadata(JsonObject::parse(text).value());
  REQUIRE(changes);
  const auto client = client_with(*changes);
  REQUIRE(client);
  CHECK(client->jwks == r.signer.jwks());
  CHECK(client->auth_method == kPrivateKeyAuth);
  for (const char* wrong :
       {R"({"jwks":"{}"})", R"({"jwks":[]})", R"({"request_object_signing_alg":"none"})",
        R"({"token_endpoint_auth_signing_alg":"HS256"})"})
    CHECK_FALSE(changes_from_metadata(JsonObject::parse(wrong).value()));
}

TEST_CASE("keys elsewhere count as those that are here") {
  Rules r;
  std::string asked;
  fetch::Reach reach = fetch::Reach::any;
  r.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    asked = request.url;
    reach = request.reach;
    return fetch::Reply{200, r.signer.jwks()};
  };
  tables::Client client;
  client.jwks_uri = "https://app.example/jwks";
  const crypto::Jws token = crypto::parse_compact(r.signer.sign({})).value();
  CHECK(is_signed_by_client(r.t.services, client, token).value());
  CHECK(asked == client.jwks_uri);
  CHECK(reach == fetch::Reach::any);
  client.origin = "registered";
  CHECK(is_signed_by_client(r.t.services, client, token).value());
  CHECK(reach == fetch::Reach::public_only);
  client.jwks_uri.clear();
  CHECK_FALSE(is_signed_by_client(r.t.services, client, token).value());
}

}  // namespace
}  // namespace authd::auth
