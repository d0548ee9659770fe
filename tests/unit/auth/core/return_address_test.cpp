#include "auth/core/return_address.h"

#include <catch2/catch.hpp>

#include "config/reading/values.h"

using namespace authd;

namespace {

config::Config with_origins(std::vector<std::string> origins) {
  config::Config config;
  config.public_url = "https://auth.example.org/base";
  config.pages.return_origins = std::move(origins);
  return config;
}

bool is_allowed(const config::Config& config, const std::string& address) {
  const auto found = auth::return_address(config, address);
  if (found) {
    CHECK(*found == address);
  } else {
    CHECK(found.error().field == "return_to");
  }
  return found.has_value();
}

}  // namespace

TEST_CASE("a path of this server is an address to return to") {
  const config::Config config = with_origins({});
  for (const char* path : {"/", "/account", "/a?b=c&d=%2F%2Fe#f", "/a//b", "/@x", "/:"}) {
    CAPTURE(path);
    CHECK(is_allowed(config, path));
  }
}

TEST_CASE("what leads out to a stranger is refused") {
  const config::Config config = with_origins({"https://app.example.org"});
  for (const std::string& address : std::vector<std::string>{
           "",
           "x",
           "//evil.example",
           "///evil.example",
           "/\\evil.example",
           "\\/evil.example",
           "\\\\evil.example",
           "/a\r\nSet-Cookie: x=y",
           "/a b",
           "/\t/evil.example",
           "/\xc3\xa9",
           std::string("/a\0b", 4),
           "https://evil.example",
           "https:evil.example",
           "https:/app.example.org",
           "https:///app.example.org",
           "http://app.example.org",
           "https://app.example.org.evil.example",
           "https://app.example.org@evil.example/",
           "https://evil.example/https://app.example.org",
           "https://app.example.org:8443/",
           "https://evil.example\\@app.example.org",
           "https://evil.example#https://app.example.org",
           "javascript:alert(1)",
           "data:text/html,x",
           "JAVASCRIPT://app.example.org/%0aalert(1)",
           "ftp://app.example.org/",
           "//app.example.org/",
           " https://app.example.org/",
           "https://*.example.org/",
           "*",
           "https://app.example.org/" + std::string(auth::kMaxReturnAddress, 'a'),
           "/" + std::string(auth::kMaxLocalPath, 'a')}) {
    CAPTURE(address);
    CHECK_FALSE(is_allowed(config, address));
  }
}

TEST_CASE("listed origins and the server's own are addresses to return to") {
  const config::Config config = with_origins({"https://app.example.org", "http://localhost:3000"});
  for (const char* address :
       {"https://app.example.org", "https://app.example.org/", "https://app.example.org/a?b#c",
        "https://app.example.org?x", "https://APP.example.org/", "https://app.example.org:443/x",
        "http://localhost:3000/x", "https://auth.example.org/other"}) {
    CAPTURE(address);
    CHECK(is_allowed(config, address));
  }
}

TEST_CASE("a wildcard stands for the hosts below, by its scheme and port") {
  const config::Config config = with_origins({"https://*.example.com"});
  CHECK(is_allowed(config, "https://a.example.com/"));
  CHECK(is_allowed(config, "https://a.b.example.com/"));
  for (const char* address :
       {"https://example.com/", "https://.example.com/", "http://a.example.com/",
        "https://a.example.com:8443/", "https://aexample.com/", "https://evil.example/.example.com",
        "https://evil.example?.example.com", "https://a@b.example.com/"}) {
    CAPTURE(address);
    CHECK_FALSE(is_allowed(config, address));
  }
}

TEST_CASE("the origins of the configuration are plain") {
  CHECK(*config::parse_return_origin("https://*.Example.org:443") == "https://*.example.org");
  for (const char* bad : {"*", "https://*", "https://*.org", "https://a.*.org", "example.org",
                          "https://a.example.org/path", "https://*.*.example.org", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(config::parse_return_origin(bad));
  }
  for (const char* bad : {"localhost", ".example.org", "example.org.", "10.0.0.1", "a..b",
                          "example.org:80", "https://example.org", "[::1]", "*.example.org"}) {
    CAPTURE(bad);
    CHECK_FALSE(config::parse_domain(bad));
  }
  CHECK(*config::parse_domain("Example.ORG") == "example.org");
}
