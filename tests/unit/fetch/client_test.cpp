#include "fetch/client.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::fetch;

TEST_CASE("only https, and http to this machine, is asked") {
  for (const char* good : {"https://id.example", "https://id.example:8443/a?b=c",
                           "http://127.0.0.1:9/", "http://localhost", "http://[::1]:9/x"}) {
    CAPTURE(good);
    CHECK(is_allowed_url(good));
  }
  for (const char* bad :
       {"", "https://", "http://id.example", "http://127.0.0.1.example/",
        "http://localhost.example", "http://127.0.0.1@id.example/", "https://a@b",
        "file:///etc/passwd", "HTTPS://id.example", "ftp://127.0.0.1", "https://id.example/a b",
        "https://id.example/\r\nX: y", "http://127.0.0.1\\.example", "//id.example"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_allowed_url(bad));
  }
}

TEST_CASE("an address that is not allowed is not asked") {
  HttpsClient client;
  const Result<Reply> reply = client.send({"http://192.0.2.1/", "", {}, "", Seconds(1)});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().message.find("no https address") != std::string::npos);
}

TEST_CASE("a port that nobody listens on is an error with its cause") {
  HttpsClient client;
  const Result<Reply> reply = client.send({"http://127.0.0.1:1/", "", {}, "", Seconds(1)});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::unavailable);
  CHECK_FALSE(reply.error().message.empty());
}
