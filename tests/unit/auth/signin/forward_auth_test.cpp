#include "auth/signin/forward_auth.h"

#include <catch2/catch.hpp>

using namespace authd;

namespace {

config::Config example() {
  config::Config config;
  config.public_url = "https://auth.example.org";
  config.cookies.domain = "example.org";
  config.pages.sign_in_url = "https://auth.example.org/";
  config.pages.return_origins = {"https://*.example.org", "https://app.example.com",
                                 "http://app.example.org"};
  return config;
}

std::string address(const config::Config& config, const std::string& host, const std::string& uri,
                    bool is_secure = true) {
  return auth::sign_in_address(config, {is_secure, host, uri}).value_or("none");
}

}  // namespace

TEST_CASE("a browser is sent to the sign-in page, with the way back") {
  const config::Config config = example();
  CHECK(address(config, "app.example.org", "/a?b=c&d") ==
        "https://auth.example.org/?return_to=https%3A%2F%2Fapp.example.org%2Fa%3Fb%3Dc%26d");
  CHECK(address(config, "app.example.org:443", "/") != "none");
  CHECK(address(config, "auth.example.org", "/account") != "none");
}

TEST_CASE("no way back leads to a stranger") {
  const config::Config config = example();
  for (const char* host :
       {"evil.example", "", "app.example.org@evil.example", "app.example.org.", "app.example.org/x",
        "evil.example?app.example.org", "app.example.org:80", "a b.example.org",
        "evil.example#.example.org", "[::1]"}) {
    CAPTURE(host);
    CHECK(address(config, host, "/") == "none");
  }
  for (const char* uri : {"", "x", "@evil.example/", "/a b", "/\\x", "/\"", "/\r\nx: y"}) {
    CAPTURE(uri);
    CHECK(address(config, "app.example.org", uri) == "none");
  }
}

TEST_CASE("where the cookie never arrives nobody is sent round in circles") {
  config::Config config = example();
  CHECK(address(config, "app.example.com", "/") == "none");         // another domain
  CHECK(address(config, "app.example.org", "/", false) == "none");  // the cookie is Secure
  config.cookies.domain = "";
  CHECK(address(config, "app.example.org", "/") == "none");  // of the host alone
  CHECK(address(config, "auth.example.org", "/app") != "none");
}

TEST_CASE("the sign-in page does not send to itself") {
  const config::Config config = example();
  CHECK(address(config, "auth.example.org", "/") == "none");
  CHECK(address(config, "auth.example.org", "/?return_to=x") == "none");
}
