#include "config/providers.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "config/load.h"

using namespace authd;
using namespace authd::config;

namespace {

const std::string kFile =
    (std::filesystem::temp_directory_path() / "authd-providers.toml").string();

Result<Loaded> load_file(const std::string& text) {
  const std::string path = kFile + "." + std::to_string(getpid());
  REQUIRE(write_file_atomic(path, text, 0600));
  Sources sources;
  sources.file = path;
  Result<Loaded> loaded = load(sources);
  std::filesystem::remove(path);
  return loaded;
}

Result<Loaded> load_environment(std::map<std::string, std::string> variables) {
  Sources sources;
  sources.default_file = "";
  sources.environment = std::move(variables);
  return load(sources);
}

const std::string kGood =
    "[providers.google]\nissuer = \"https://accounts.google.com\"\nclient_id = \"me\"\n";

}  // namespace

TEST_CASE("a provider is a table with defaults") {
  const Loaded loaded = load_file(kGood + "client_secret = \"hush\"\n").value();
  REQUIRE(loaded.config.providers.size() == 1);
  CHECK(loaded.config.providers[0] == Provider{"google", "https://accounts.google.com", "me",
                                               "hush", "openid email profile", "google", ""});
}

TEST_CASE("variables can define a provider, and override the file") {
  const Loaded loaded = load_environment({{"AUTHD_PROVIDERS_MY_IDP_ISSUER", "https://id.example/"},
                                          {"AUTHD_PROVIDERS_MY_IDP_CLIENT_ID", "me"},
                                          {"AUTHD_PROVIDERS_MY_IDP_LABEL", "My IdP"}})
                            .value();
  REQUIRE(loaded.config.providers.size() == 1);
  CHECK(loaded.config.providers[0].name == "my-idp");
  CHECK(loaded.config.providers[0].issuer == "https://id.example/");  // the slash stays
  CHECK(loaded.config.providers[0].label == "My IdP");
}

TEST_CASE("the secret is shown as set, without its value") {
  const Loaded loaded = load_file(kGood + "client_secret = \"hush\"\n").value();
  size_t found = 0;
  for (const Origin& origin : loaded.origins) {
    CHECK(origin.value.find("hush") == std::string::npos);
    if (origin.key == "providers.google.client_secret") {
      CHECK(origin.value == "***");
      ++found;
    }
  }
  CHECK(found == 1);
}

TEST_CASE("the error about a provider names what is wrong") {
  const std::pair<std::string, std::string> wrong[] = {
      {"[providers.google]\n", "providers.google.issuer is missing"},
      {"[providers.google]\nissuer = \"https://a.example\"\n", "providers.google.client_id"},
      {kGood + "colour = \"red\"\n", "providers.google.colour"},
      {kGood + "client_secret = 7\n", "takes text"},
      {kGood + "scopes = \"email\"\n", "must hold openid"},
      {"[providers.Google]\nissuer = \"https://a.example\"\n", "is no name of a provider"},
      {"[providers.a_b]\nissuer = \"https://a.example\"\n", "is no name of a provider"},
      {"[providers]\ngoogle = \"https://a.example\"\n", "providers.google"},
      {"[providers.google]\nissuer = \"http://a.example\"\n", "https://"},
      {"[providers.google]\nissuer = \"http://127.0.0.1.example\"\n", "https://"},
      {"[providers.google.more]\nissuer = \"https://a.example\"\n", "providers.google.more"},
  };
  for (const auto& [text, part] : wrong) {
    const auto loaded = load_file(text);
    CAPTURE(text);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().message.find(part) != std::string::npos);
  }
  CHECK_FALSE(load_environment({{"AUTHD_PROVIDERS_GOOGLE_COLOUR", "red"}}));
  CHECK_FALSE(load_environment({{"AUTHD_PROVIDERS_ISSUER", "https://a.example"}}));
}

TEST_CASE("http is for a provider on this machine") {
  for (const char* issuer : {"http://127.0.0.1:9/x", "http://localhost", "http://[::1]:9"}) {
    CHECK(load_environment(
        {{"AUTHD_PROVIDERS_DEV_ISSUER", issuer}, {"AUTHD_PROVIDERS_DEV_CLIENT_ID", "me"}}));
  }
}

TEST_CASE("a changed provider waits for the next start") {
  const Config before = load_file(kGood).value().config;
  const Config after = load_file(kGood + "client_secret = \"new\"\n").value().config;
  CHECK(changed_until_restart(before, after) == std::vector<std::string>{"providers"});
  CHECK(changed_until_restart(before, before).empty());
}
