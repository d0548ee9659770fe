#include "auth/oauth/protocol/redirect_uri.h"

#include <catch2/catch.hpp>

namespace authd::auth {
namespace {

TEST_CASE("an address that only its application can read may be registered") {
  for (const char* uri :
       {"https://app.example.org/callback", "https://app.example.org:8443/a?b=c",
        "https://app.example.org", "http://127.0.0.1/callback", "http://[::1]:9000/",
        "http://localhost:3000/cb", "app.immich:///oauth-callback", "audiobookshelf://oauth",
        "com.example.app:/callback"}) {
    CAPTURE(uri);
    CHECK(check_redirect_uri(uri, "redirect_uris"));
  }
}

TEST_CASE("an address that others could read, or that parsers read differently, may not") {
  for (const char* uri : {"",
                          "/callback",
                          "//app.example.org/",
                          "app.example.org",
                          "https:",
                          "https:app.example.org",
                          "http://app.example.org/",
                          "http://127.0.0.2/",
                          "http://localhost.evil.example/",
                          "https://ann@app.example.org/",
                          "http://localhost:x@evil.example/",
                          "https://app.example.org/#part",
                          "https://*.example.org/",
                          "https://app.example.org/*",
                          "https://app.example.org\\@evil.example/",
                          "https://app.example.org/ a",
                          "https://app.example.org:0/",
                          "https://app.example.org:99999/",
                          "https://[::1/",
                          "https:///callback",
                          "HTTPS://app.example.org/",
                          "javascript:alert(1)",
                          "data:text/html,x",
                          "file:///etc/passwd",
                          "blob:https://app.example.org/1",
                          "1app:/x",
                          "app.example:",
                          "https://app.example.org/\xc3\xa4"}) {
    CAPTURE(uri);
    const Result<void> checked = check_redirect_uri(uri, "redirect_uris");
    REQUIRE_FALSE(checked);
    CHECK(checked.error().field == "redirect_uris");
  }
  CHECK_FALSE(check_redirect_uri("https://a.example/" + std::string(2000, 'x'), "redirect_uris"));
}

TEST_CASE("addresses are compared byte by byte") {
  const std::vector<std::string> registered = {"https://app.example.org/callback"};
  CHECK(matches_redirect_uri(registered, "https://app.example.org/callback"));
  for (const char* sent :
       {"https://app.example.org/callback/", "https://app.example.org/Callback",
        "https://app.example.org/callback?x=1", "https://app.example.org/callback#x",
        "https://app.example.org:443/callback", "https://APP.example.org/callback",
        "https://app.example.org/x/../callback", "https://app.example.org/%63allback",
        "http://app.example.org/callback", "https://app.example.org.evil.example/callback",
        "https://evil.example/?https://app.example.org/callback", "", "callback"}) {
    CAPTURE(sent);
    CHECK_FALSE(matches_redirect_uri(registered, sent));
  }
}

TEST_CASE("only the port of a loopback address may differ") {
  const std::vector<std::string> registered = {"http://127.0.0.1/cb", "http://localhost:1/cb"};
  CHECK(matches_redirect_uri(registered, "http://127.0.0.1:50123/cb"));
  CHECK(matches_redirect_uri(registered, "http://localhost:50123/cb"));
  CHECK(matches_redirect_uri(registered, "http://localhost/cb"));
  for (const char* sent :
       {"http://[::1]:50123/cb", "http://127.0.0.1:50123/", "http://127.0.0.1:50123/cb#x",
        "https://127.0.0.1:50123/cb", "http://127.0.0.1:x/cb", "http://127.0.0.1:0/cb",
        "http://localhost:1@evil.example/cb", "http://127.0.0.1:1:2/cb",
        "http://127.0.0.1.evil.example/cb"}) {
    CAPTURE(sent);
    CHECK_FALSE(matches_redirect_uri(registered, sent));
  }
}

TEST_CASE("what another program could receive is known") {
  CHECK(is_unprovable("http://127.0.0.1/cb"));
  CHECK(is_unprovable("app.immich:///oauth-callback"));
  CHECK_FALSE(is_unprovable("https://app.example.org/callback"));
  CHECK(redirect_origin("https://app.example.org:8443/a?b") == "https://app.example.org:8443");
  CHECK(redirect_origin("app.immich:///oauth-callback") == "app.immich:");
}

TEST_CASE("an administrator sees where two addresses differ") {
  const NearestUri nearest =
      nearest_redirect_uri({"https://other.example/", "https://app.example.org/callback"},
                           "https://app.example.org/Callback");
  CHECK(nearest.uri == "https://app.example.org/callback");
  CHECK(nearest.differs_at == std::string("https://app.example.org/").size());
  CHECK(nearest_redirect_uri({}, "https://a.example/").uri.empty());
}

}  // namespace
}  // namespace authd::auth
