#include "config/reading/providers.h"

#include "support/config_file.h"

using namespace authd;
using namespace authd::config;
using test::load_environment;
using test::load_file;

namespace {

const std::string kGood =
    "[providers.google]\nissuer = \"https://accounts.google.com\"\nclient_id = \"me\"\n";

const std::string kTenants =
    "[providers.x]\nissuer = \"https://a.example/{tenantid}/v2.0\"\nclient_id = \"me\"\n";

}  // namespace

TEST_CASE("a provider is a table with defaults") {
  const Loaded loaded = load_file(kGood + "client_secret = \"hush\"\n").value();
  REQUIRE(loaded.config.providers.size() == 1);
  CHECK(loaded.config.providers[0] == Provider{"google", "https://accounts.google.com", "me",
                                               "hush", "openid email profile", "google", ""});
}

TEST_CASE("what a provider decides is read from the file and from variables") {
  const Loaded loaded =
      load_file(kGood +
                "trust_email = \"always\"\ndomains = [\"example.org\"]\ngroups_claim = \"groups\"\n"
                "role_map = [\"CN=Admins,OU=x=admin\", \"b = c\"]\nextra_params = [\"hd=a.b\"]\n"
                "prompt = \"login\"\nresponse_mode = \"form_post\"\n")
          .value();
  const Provider& provider = loaded.config.providers[0];
  CHECK(provider.trust_email == EmailTrust::always);
  CHECK(provider.response_mode == ResponseMode::form_post);
  CHECK(mapping_of(provider.role_map[0]) ==
        std::pair<std::string_view, std::string_view>("CN=Admins,OU=x", "admin"));
  CHECK(roles_of_map(provider) == std::set<std::string>{"admin", "c"});
  const Loaded other = load_environment({{"AUTHD_PROVIDERS_X_ISSUER", "https://a.example"},
                                         {"AUTHD_PROVIDERS_X_CLIENT_ID", "me"},
                                         {"AUTHD_PROVIDERS_X_DOMAINS", "a.example, b.example"}})
                           .value();
  CHECK(other.config.providers[0].domains == std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("an issuer with a place for the tenant stands for those of its tenants") {
  Provider provider;
  provider.issuer = "https://a.example/{tenantid}/v2.0";
  provider.tenants = {"one", "two"};
  CHECK(is_issuer_of(provider, "https://a.example/one/v2.0"));
  CHECK_FALSE(is_issuer_of(provider, "https://a.example/three/v2.0"));
  CHECK_FALSE(is_issuer_of(provider, "https://a.example/one/v2.0/"));
  CHECK_FALSE(is_issuer_of(provider, "https://a.example//v2.0"));
  CHECK_FALSE(is_issuer_of(provider, "https://a.example/v2.0"));
  CHECK_FALSE(is_issuer_of(provider, provider.issuer));
  provider.tenants = {"*"};
  CHECK(is_issuer_of(provider, "https://a.example/three/v2.0"));
  CHECK_FALSE(is_issuer_of(provider, "https://a.example/*/v2.0"));
  CHECK_FALSE(is_issuer_of(provider, "https://a.example/x/evil/v2.0"));
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
      {"[providers.Google]\nissuer = \"https://a.example\"\n", "is not a name for a provider"},
      {"[providers.a_b]\nissuer = \"https://a.example\"\n", "is not a name for a provider"},
      {"[providers]\ngoogle = \"https://a.example\"\n", "providers.google"},
      {"[providers.google]\nissuer = \"http://a.example\"\n", "https://"},
      {"[providers.google]\nissuer = \"http://127.0.0.1.example\"\n", "https://"},
      {kGood + "tenants = [\"*\"]\n", "needs an issuer with {tenantid}"},
      {kTenants, "tenants is missing"},
      {kTenants + "tenants = [\"A b\"]\n", "in lower case"},
      {kTenants + "tenants = [\"*\"]\ntrust_email = \"always\"\n", "must not be always"},
      {kGood + "trust_email = \"yes\"\n", "verified, always, never"},
      {kGood + "domains = [\"Example.org\"]\n", "in lower case"},
      {kGood + "groups_claim = \"groups\"\n", "need each other"},
      {kGood + "role_map = [\"a=b\"]\n", "need each other"},
      {kGood + "groups_claim = \"groups\"\nrole_map = [\"Admins\"]\n", "group=role"},
      {kGood + "groups_claim = \"groups\"\nrole_map = [\"a=B c\"]\n", "group=role"},
      {kGood + "extra_params = [\"state=x\"]\n", "must not set state"},
      {kGood + "extra_params = [\"hd\"]\n", "name=value"},
      {kGood + "response_mode = \"fragment\"\n", "query, form_post"},
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
