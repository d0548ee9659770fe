#include "auth/oauth/strangers/client_document.h"

#include <catch2/catch.hpp>

namespace authd::auth {
namespace {

constexpr std::string_view kId = "https://agent.example/client.json";

// The document with these members after its client_id.
Result<tables::Client> read(const std::string& more) {
  return client_in_document(kId, R"({"client_id":")" + std::string(kId) + "\"," + more + "}");
}

const std::string kRedirects = R"("redirect_uris":["https://agent.example/callback"])";

TEST_CASE("an https address with a path can be the id of a client") {
  for (const char* id :
       {"https://a.example/x", "https://a.example:8443/x/", "https://a.example/a.b",
        "https://127.0.0.1:9/c", "https://[::1]/c", "https://a.example/%41"}) {
    CAPTURE(id);
    CHECK(is_document_id(id));
    CHECK(client_in_path(client_path_segment(id)) == id);
    CHECK(client_path_segment(id).find('/') == std::string::npos);
  }
  CHECK(document_host("https://a.example:8443/x") == "a.example:8443");
}

TEST_CASE("an address that has another form, or is none, is no id") {
  for (const std::string& id :
       {std::string(), std::string("wiki"), std::string("http://a.example/x"),
        std::string("https://a.example"), std::string("https://a.example/"),
        std::string("https://a.example/x?y"), std::string("https://a.example/x#y"),
        std::string("https://u@a.example/x"), std::string("https://A.example/x"),
        std::string("https://a.example:443/x"), std::string("https://a.example/./x"),
        std::string("https://a.example/x/.."), std::string("https://a.example/%2e%2e/x"),
        std::string("https://a.example/x y"), std::string("https://127.1/x"),
        std::string("https://a.example/\xc3\xa4"), std::string("https://a.example/x\\y"),
        "https://a.example/" + std::string(200, 'x')}) {
    CAPTURE(id);
    CHECK_FALSE(is_document_id(id));
  }
}

TEST_CASE("other ids stand in paths as they are") {
  CHECK(client_path_segment("wiki") == "wiki");
  CHECK(client_in_path("wiki") == "wiki");
  CHECK(client_in_path("~!") == "~!");
}

TEST_CASE("the configuration says at which hosts documents may be") {
  config::Provision provider;
  CHECK_FALSE(admits_document(provider, kId));
  provider.cimd = config::ClientDocuments::listed;
  CHECK_FALSE(admits_document(provider, kId));
  provider.cimd_hosts = {"agent.example"};
  CHECK(admits_document(provider, kId));
  CHECK_FALSE(admits_document(provider, "https://agent.example:8443/x"));
  CHECK_FALSE(admits_document(provider, "https://x.agent.example/x"));
  provider.cimd = config::ClientDocuments::open;
  CHECK(admits_document(provider, "https://other.example/x"));
  CHECK_FALSE(admits_document(provider, "wiki"));
}

TEST_CASE("a document makes a public client, without anything that administrators grant") {
  const auto right = read(kRedirects + R"(,"client_name":"Agent","consent":"skip",
    "grant_types":["authorization_code","refresh_token","client_credentials",
                   "urn:ietf:params:oauth:grant-type:device_code"],"roles":["admin"])");
  REQUIRE(right);
  CHECK(right->id == kId);
  CHECK(right->origin == "document");
  CHECK(right->is_public);
  CHECK(right->name == "Agent");
  CHECK(right->grant_types == std::vector<std::string>{"authorization_code", "refresh_token"});
  CHECK_FALSE(right->skips_consent);
  CHECK(right->roles.empty());
}

TEST_CASE("a document that is not in order is refused with what is wrong") {
  const auto refused = [](const std::string& more) {
    const auto client = read(more);
    return client ? "" : client.error().name + " " + client.error().field;
  };
  CHECK(refused(R"("x":1)") == "invalid_redirect_uri redirect_uris");
  CHECK(refused(R"("redirect_uris":["http://a.example/"])") ==
        "invalid_redirect_uri redirect_uris");
  CHECK(refused(kRedirects + R"(,"client_secret":"x")") == "invalid_client_metadata client_secret");
  CHECK(refused(kRedirects + R"(,"token_endpoint_auth_method":"client_secret_post")") ==
        "invalid_client_metadata token_endpoint_auth_method");
  CHECK_FALSE(client_in_document(kId, "[]"));
  CHECK_FALSE(client_in_document(kId, R"({"client_id":"https://b.example/x",)" + kRedirects + "}"));
  CHECK_FALSE(client_in_document(kId, "{" + kRedirects + "}"));
}

}  // namespace
}  // namespace authd::auth
