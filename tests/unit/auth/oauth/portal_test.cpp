#include "auth/oauth/tokens/portal.h"

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/roles.h"
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
