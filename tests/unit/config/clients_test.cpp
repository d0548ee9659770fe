#include "config/reading/clients.h"

#include "support/config_file.h"

using namespace authd;
using namespace authd::config;
using test::load_file;

namespace {

using Members = std::map<std::string, MemberValue>;
using List = std::vector<std::string>;

std::string refusal(const std::string& text) {
  const Result<Loaded> loaded = load_file(text);
  return loaded ? "" : loaded.error().message;
}

const std::string kSecret = "0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("a client of the configuration has the members that are given, in their types") {
  const Loaded loaded = load_file(
                            "[clients.My_App-1]\nredirect_uris = [\"https://a.example/cb\"]\n"
                            "public = true\npkce = \"optional\"\naccess_ttl = \"5m\"\n")
                            .value();
  REQUIRE(loaded.config.clients.size() == 1);
  const ConfiguredClient& client = loaded.config.clients[0];
  CHECK(client.id == "My_App-1");
  CHECK(client.members == Members{{"redirect_uris", List{"https://a.example/cb"}},
                                  {"public", true},
                                  {"consent", std::string("ask")},
                                  {"pkce", std::string("optional")},
                                  {"profile", std::string("standard")},
                                  {"subject_type", std::string("public")},
                                  {"access_ttl", std::string("5m")}});
  CHECK(source_of(loaded, "clients.My_App-1.public").ends_with(":3"));
  CHECK(loaded.is_default("clients.My_App-1.name"));
}

TEST_CASE("variables set members of clients, the longest name first") {
  const Loaded loaded = load_file("[clients.my-app]\nname = \"App\"\n",
                                  {{"AUTHD_CLIENTS_MY_APP_SECRET", kSecret},
                                   {"AUTHD_CLIENTS_MY_APP_GROUP_NAMES", "a=b, c=d"},
                                   {"AUTHD_CLIENTS_OTHER_CLIENT_URI", "https://o.example"}})
                            .value();
  REQUIRE(loaded.config.clients.size() == 2);
  CHECK(loaded.config.clients[0].secret == kSecret);
  CHECK(loaded.config.clients[0].members == Members{{"name", std::string("App")},
                                                    {"consent", std::string("ask")},
                                                    {"pkce", std::string("required")},
                                                    {"profile", std::string("standard")},
                                                    {"subject_type", std::string("public")},
                                                    {"group_names", List{"a=b", "c=d"}}});
  CHECK(loaded.config.clients[1].id == "other");
  CHECK(source_of(loaded, "clients.my-app.secret") == "AUTHD_CLIENTS_MY_APP_SECRET");
  for (const Origin& origin : loaded.origins)
    CHECK(origin.value.find(kSecret) == std::string::npos);
}

TEST_CASE("what no client can have is refused with its place") {
  const std::string head = "[clients.app]\n";
  CHECK(refusal("[clients.ab]\nname = \"x\"\n").find("is not a name for a client") !=
        std::string::npos);
  CHECK(refusal("[clients.\"a b c\"]\nname = \"x\"\n").find("is not a name for a client") !=
        std::string::npos);
  CHECK(refusal(head + "redirect_uri = []\n").find("a client has name, description,") !=
        std::string::npos);
  CHECK(refusal(head + "pkce = \"never\"\n").find(":2: clients.app.pkce: must be required") !=
        std::string::npos);
  CHECK(refusal(head + "public = \"true\"\n").find("true or false without quotes") !=
        std::string::npos);
  CHECK(refusal(head + "roles = \"a\"\n").empty());
  CHECK(refusal(head + "max_age = \"soon\"\n").find(":2: clients.app.max_age") !=
        std::string::npos);
  CHECK(refusal(head + "secret = \"short\"\n").find("at least 32") != std::string::npos);
  CHECK(refusal(head + "secret = \"" + kSecret + "\"\nsecret_file = \"/x\"\n").find("both") !=
        std::string::npos);
}

TEST_CASE("an empty table declares a client") {
  const Config config = load_file("[clients.reports]\n").value().config;
  REQUIRE(config.clients.size() == 1);
  CHECK(config.clients[0].id == "reports");
}

TEST_CASE("a change of the clients waits for the next start") {
  const Config before = load_file("[clients.app]\nname = \"a\"\n").value().config;
  const Config after = load_file("[clients.app]\nname = \"b\"\n").value().config;
  CHECK(changed_until_restart(before, after) == List{"clients"});
  CHECK(changed_until_restart(before, before).empty());
}
