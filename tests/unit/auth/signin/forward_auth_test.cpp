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
       {"evil.example", "", "app.example.org@evil.example", "app.example.org..", ".",
        "app.example.org/x", "evil.example?app.example.org", "app.example.org:80",
        "a b.example.org", "evil.example#.example.org", "[::1]"}) {
    CAPTURE(host);
    CHECK(address(config, host, "/") == "none");
  }
  for (const char* uri : {"", "x", "@evil.example/"}) {
    CAPTURE(uri);
    CHECK(address(config, "app.example.org", uri) == "none");
  }
}

TEST_CASE("long and odd addresses lead to the sign-in page as well") {
  const config::Config config = example();
  const std::string page = "https://auth.example.org/?return_to=";
  const std::string root = page + "https%3A%2F%2Fapp.example.org%2F";
  // Encoded once as an address, and once more as a parameter.
  CHECK(address(config, "app.example.org", "/q?a=b\\c") == root + "q%3Fa%3Db%255Cc");
  CHECK(address(config, "app.example.org", "/\\evil.example") == root + "%255Cevil.example");
  CHECK(address(config, "app.example.org", "/a b<\">") == root + "a%2520b%253C%2522%253E");
  CHECK(address(config, "app.example.org", "/\xc3\xbc") == root + "%25C3%25BC");
  CHECK(address(config, "app.example.org", "/%5c") == root + "%255c");
  CHECK(address(config, "app.example.org", "/?q=" + std::string(2000, 'x')) == root);
  CHECK(address(config, "app.example.org", "/" + std::string(1000, ' ')) == root);
  CHECK(address(config, "app.example.org", "/\r\nx: y") == root);
  CHECK(address(config, "app.example.org", "/\x7f") == root);
  CHECK(address(config, "app.example.org.", "/x") == root + "x");
  CHECK(address(config, "app.example.org.:443", "/x") ==
        page + "https%3A%2F%2Fapp.example.org%3A443%2Fx");
  CHECK(address(config, "evil.example", "/?q=" + std::string(2000, 'x')) == "none");
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
