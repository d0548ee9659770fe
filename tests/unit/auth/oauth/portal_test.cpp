#include "auth/oauth/tokens/portal.h"

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/roles.h"
#include "base/encoding.h"
#include "support/clients.h"

namespace authd::auth {
namespace {

using List = std::vector<std::string>;

constexpr const char* kHome = "https://printer.example/";

struct Portal {
  Result<MadeClient> add(std::vector<ClientChange> members) {
    members.insert(members.begin(), {"name", std::string("Printer")});
    return add_client(t.services, {"printer", std::move(members), ClientSecret("")}, {});
  }
  void put(const std::string& id, const std::function<void(tables::Client&)>& change) {
    test::put_client(t, id, [&](tables::Client& client) {
      client.name = id;
      client.client_uri = "https://" + id + ".example/";
      change(client);
    });
  }
  List seen(const List& roles = {"user"}) {
    List ids;
    const auto clients = portal_of(t.services, roles);
    for (const tables::Client& client : clients.value())
      ids.push_back(client.id);
    return ids;
  }

  test::Instance t;
};

TEST_CASE("people see what signs them in and has a home page, in order of the names") {
  Portal p;
  p.put("wiki", [](tables::Client&) {});
  p.put("board", [](tables::Client& client) { client.name = "Board"; });
  p.put("homeless", [](tables::Client& client) { client.client_uri.clear(); });
  p.put("stopped", [](tables::Client& client) { client.disabled = true; });
  p.put("api", [](tables::Client& client) { client.grant_types.clear(); });
  p.put("program",
        [](tables::Client& client) { client.grant_types = {std::string(kClientGrant)}; });
  p.put("staff", [](tables::Client& client) { client.roles = {"staff"}; });
  CHECK(p.seen() == List{"board", "wiki"});
  CHECK(p.seen({"user", "staff"}) == List{"board", "staff", "wiki"});
}

TEST_CASE("a tile leads to where its application begins a sign-in, else to its home page") {
  Portal p;
  p.put("wiki", [](tables::Client& client) { client.client_uri = "https://wiki.example/a?b=c&d"; });
  const auto wiki = [&](const char* login) {
    tables::Client client = portal_of(p.t.services, {"user"})->front();
    client.initiate_login_uri = login;
    return client;
  };
  const std::string issuer = percent_encode(p.t.services.config.tokens.issuer);
  const auto launch = [&](const tables::Client& client) {
    return launch_address(p.t.services, client);
  };
  CHECK(launch(wiki("")) == "https://wiki.example/a?b=c&d");
  CHECK(launch(wiki("https://wiki.example/login")) ==
        "https://wiki.example/login?iss=" + issuer +
            "&target_link_uri=https%3A%2F%2Fwiki.example%2Fa%3Fb%3Dc%26d");
  CHECK(launch(wiki("https://wiki.example/login?x=1"))
            .starts_with("https://wiki.example/login?x=1&iss="));
  tables::Client bare = wiki("https://wiki.example/login");
  bare.client_uri.clear();
  CHECK(launch(bare) == "https://wiki.example/login?iss=" + issuer);
  // A bookmark signs nobody in.
  tables::Client link = wiki("https://wiki.example/login");
  link.grant_types.clear();
  link.is_public = true;
  CHECK(launch(link) == link.client_uri);
}

TEST_CASE("where an application begins a sign-in is reason enough for a tile") {
  Portal p;
  p.put("wiki", [](tables::Client& client) {
    client.client_uri.clear();
    client.initiate_login_uri = "https://wiki.example/login";
  });
  p.put("tv", [](tables::Client& client) {
    client.initiate_login_uri = "https://tv.example/login";
    client.grant_types = {std::string(kDeviceGrant)};
  });
  CHECK(p.seen() == List{"wiki"});
}

TEST_CASE("clients that came by themselves put no tile before anybody") {
  Portal p;
  for (const char* origin : {"registered", "document"})
    p.put(origin, [&](tables::Client& client) { client.origin = origin; });
  CHECK(p.seen().empty());
}

TEST_CASE("a bookmark has a home page, and neither a secret nor grant types") {
  Portal p;
  CHECK(p.add({{"public", true}}).error().field == "public");
  const auto made = p.add({{"public", true}, {"client_uri", std::string(kHome)}});
  REQUIRE(made);
  CHECK(is_bookmark(made->client));
  CHECK(made->secret.empty());
  CHECK(p.seen() == List{"printer"});
  const auto change = [&](const char* name, MemberValue value) {
    return change_client(p.t.services, "printer", {{name, std::move(value)}}, {});
  };
  CHECK(change("client_uri", std::string()).error().field == "public");
  REQUIRE(add_role(p.t.services, "staff", "", {}, {}));
  REQUIRE(change("roles", List{"staff"}));
  CHECK(p.seen().empty());
  CHECK(p.seen({"staff", "user"}) == List{"printer"});
}

}  // namespace
}  // namespace authd::auth
