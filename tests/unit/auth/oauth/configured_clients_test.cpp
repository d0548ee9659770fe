#include "auth/oauth/clients/configured_clients.h"

#include <fstream>

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_logos.h"
#include "support/audit_log.h"
#include "support/clients.h"
#include "support/no_pictures.h"

namespace authd::auth {
namespace {

using List = std::vector<std::string>;

const std::string kSecret = "0123456789abcdef0123456789abcdef";

struct Configured {
  Configured() { declare().secret = kSecret; }

  config::ConfiguredClient& declare() {
    t.config.clients = {{"app", {{"redirect_uris", List{"https://app.example/cb"}}}, "", "", ""}};
    return t.config.clients.front();
  }
  tables::Client row() {
    return t.store
        .read([&](store::ReadTxn& tx) { return Result<tables::Client>(*find_client(tx, "app")); })
        .value();
  }
  bool takes(const std::string& secret) {
    ClientCredentials sent;
    sent.id = "app";
    sent.secret = ClientSecret(secret);
    return authenticate_client(t.services, sent, {}).has_value();
  }

  test::Instance t;
};

TEST_CASE("a declared client is stored once, and what it lacks has its default") {
  Configured c;
  REQUIRE(apply_configured_clients(c.t.services));
  const tables::Client first = c.row();
  CHECK(first.configured);
  CHECK(first.name == "app");
  CHECK(first.grant_types == List{"authorization_code", "refresh_token"});
  CHECK(c.takes(kSecret));
  const auto used = c.row();
  c.t.clock.advance(std::chrono::hours(1));
  REQUIRE(apply_configured_clients(c.t.services));
  CHECK(tables::encode_row(c.row()) == tables::encode_row(used));
}

TEST_CASE("a declared client does not get the logo of a former one of its id") {
  Configured c;
  REQUIRE(c.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::client_logos.put(tx, "app", client_logo_of("an old picture", c.t.clock.now()));
    return {};
  }));
  REQUIRE(apply_configured_clients(c.t.services));
  CHECK_FALSE(find_client_logo(c.t.services, "app"));
  CHECK_FALSE(c.t.store
                  .read([](store::ReadTxn& tx) {
                    return Result<bool>(tables::client_logos.find(tx, "app").has_value());
                  })
                  .value());
}

TEST_CASE("a logo that cannot be decoded now stops no client, and takes no logo away") {
  Configured c;
  const test::TempDir folder;
  std::ofstream(folder.file("logo.png")) << "another picture";
  test::NoPictures machine(c.t);
  c.t.config.clients.front().logo_file = folder.file("logo.png");
  REQUIRE(apply_configured_clients(machine.services));
  CHECK(c.row().logo_version.empty());
  CHECK(machine.log.text().find("key=\"clients.app.logo_file\"") != std::string::npos);
  const Time now = c.t.clock.now();
  REQUIRE(c.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Client client = *find_client(tx, "app");
    put_client_logo(tx, client, client_logo_of("a picture", now));
    tables::clients.put(tx, client);
    return {};
  }));
  REQUIRE(apply_configured_clients(machine.services));
  CHECK(find_client_logo(c.t.services, "app").value().jpeg == "a picture");
  // A file that cannot be read is wrong there, too.
  c.t.config.clients.front().logo_file = folder.file("nothing.png");
  const auto refused = apply_configured_clients(machine.services);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "clients.app.logo_file");
}

TEST_CASE("a changed secret replaces only that of the configuration") {
  Configured c;
  REQUIRE(apply_configured_clients(c.t.services));
  const auto made = add_secret(c.t.services, "app", Milliseconds(0), ClientSecret(""), {});
  REQUIRE(made);
  const std::string other = kSecret + "x";
  c.t.config.clients.front().secret = other;
  REQUIRE(apply_configured_clients(c.t.services));
  CHECK_FALSE(c.takes(kSecret));
  CHECK(c.takes(other));
  CHECK(c.takes(std::string(made->secret.reveal())));
  c.t.config.clients.front().secret.clear();
  REQUIRE(apply_configured_clients(c.t.services));
  CHECK_FALSE(c.takes(other));
  CHECK(secrets_of(c.row()).size() == 1);
}

TEST_CASE("only the configuration changes or ends what it declares") {
  Configured c;
  REQUIRE(apply_configured_clients(c.t.services));
  const Services& s = c.t.services;
  CHECK(change_client(s, "app", {{"name", std::string("x")}}, {}).error().name ==
        "configured_client");
  CHECK(delete_client(s, "app", {}).error().name == "configured_client");
  REQUIRE(add_secret(s, "app", Milliseconds(0), ClientSecret(""), {}));
  CHECK(revoke_secret(s, "app", "configuration", {}).error().name == "configured_client");
  c.t.config.clients.clear();
  REQUIRE(apply_configured_clients(s));
  CHECK(c.row().disabled);
  CHECK_FALSE(c.takes(kSecret));
  CHECK(revoke_secret(s, "app", "configuration", {}));
  CHECK(delete_client(s, "app", {}));
}

TEST_CASE("a client that becomes public has no secret any more") {
  Configured c;
  REQUIRE(apply_configured_clients(c.t.services));
  c.declare().members["public"] = true;
  REQUIRE(apply_configured_clients(c.t.services));
  CHECK(c.row().is_public);
  CHECK(secrets_of(c.row()).empty());
}

TEST_CASE("what is wrong with a declared client is told with its key, and nothing is stored") {
  Configured c;
  c.t.config.clients.push_back({"other", {{"scopes", List{"a b"}}}, "", "", ""});
  const auto problems = configured_client_problems(c.t.config.clients);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].field == "clients.other.scopes");
  CHECK(apply_configured_clients(c.t.services).error().field == "clients.other.scopes");
  CHECK(list_clients(c.t.services).value().empty());
  // Without the name of the file: it is the secret if somebody took one key for the other.
  c.t.config.clients[1] = {"other", {}, "", "/no/such/file", ""};
  const Error error = apply_configured_clients(c.t.services).error();
  CHECK(error.field == "clients.other.secret_file");
  CHECK(error.message == "the file cannot be read: No such file or directory");
  CHECK(list_clients(c.t.services).value().empty());
}

}  // namespace
}  // namespace authd::auth
