#include "auth/accounts/passkeys/relying_party.h"

#include <catch2/catch.hpp>

#include "config/reading/keys.h"

using namespace authd;
using namespace authd::auth;

namespace {

config::Config at(const std::string& url) {
  config::Config config = config::defaults();
  config.public_url = url;
  config.passkeys.rp_id = "example.org";
  return config;
}

}  // namespace

TEST_CASE("browsers make passkeys for names, over https or on localhost") {
  for (const char* url :
       {"https://example.org", "https://id.example.org:8443/auth", "http://localhost",
        "http://localhost:8080", "http://app.localhost:8080"}) {
    INFO(url);
    CHECK(why_no_passkeys(at(url)).empty());
    CHECK(relying_party(at(url)));
  }
  for (const char* url : {"http://example.org", "http://127.0.0.1:8080", "https://192.0.2.1",
                          "https://[2001:db8::1]:8443", "http://notlocalhost"}) {
    INFO(url);
    const auto refused = relying_party(at(url));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().name == "passkeys_unavailable");
    CHECK(refused.error().message == why_no_passkeys(at(url)));
  }
  config::Config config = at("https://example.org");
  config.passkeys.enabled = false;
  CHECK_FALSE(relying_party(config));
}

TEST_CASE("the origins are as browsers write them") {
  config::Config config = at("https://ID.example.org:443/auth");
  config.passkeys.origins = {"https://app.example.org"};
  const auto party = relying_party(config);
  REQUIRE(party);
  CHECK(party->id == "example.org");
  CHECK(party->origins ==
        std::vector<std::string>{"https://id.example.org", "https://app.example.org"});
}
