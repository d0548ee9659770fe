#include "http/app/cors.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;
using namespace std::string_view_literals;

namespace {

const std::string kApp = "https://app.example.org";

// The value of a header; "-" if it is absent. Never twice.
std::string header(const Reply& reply, std::string_view name) {
  const auto is_it = [&](const auto& one) { return one.first == name; };
  REQUIRE(std::count_if(reply.headers.begin(), reply.headers.end(), is_it) <= 1);
  const auto it = std::find_if(reply.headers.begin(), reply.headers.end(), is_it);
  return it == reply.headers.end() ? "-" : it->second;
}

Reply asked_by(std::string_view origin, const std::vector<std::string>& allowed) {
  Reply reply = Reply::no_content();
  allow_origin(reply, origin, allowed);
  return reply;
}

// What a page of `origin` may do: "" (nothing), "read", "read with credentials".
std::string permission(std::string_view origin, const std::vector<std::string>& allowed) {
  const Reply reply = asked_by(origin, allowed);
  const std::string allow = header(reply, "Access-Control-Allow-Origin");
  const std::string credentials = header(reply, "Access-Control-Allow-Credentials");
  CAPTURE(allow, credentials);
  if (allow == "-") {
    CHECK(credentials == "-");
    CHECK(header(reply, "Access-Control-Expose-Headers") == "-");
    return "";
  }
  CHECK((allow == "*" || allow == origin));
  if (credentials == "-") return "read";
  CHECK(credentials == "true");
  return "read with credentials";
}

}  // namespace

TEST_CASE("a listed origin may read, with credentials, and it alone") {
  CHECK(permission(kApp, {kApp}) == "read with credentials");
  CHECK(header(asked_by(kApp, {kApp}), "Access-Control-Allow-Origin") == kApp);
  CHECK(permission("https://b.example", {kApp, "https://b.example"}) == "read with credentials");
}

TEST_CASE("an origin that only looks like a listed one may not read") {
  for (const char* origin :
       {"null", "*", "http://app.example.org", "https://app.example.org.evil.example",
        "https://evil.example/https://app.example.org", "https://app.example.org:8443",
        "https://app.example.org/", "https://xapp.example.org", "https://example.org",
        "https://app.example.org, https://evil.example", " https://app.example.org", "https://",
        "app.example.org", "https://app.example.org@evil.example"}) {
    CAPTURE(origin);
    CHECK(permission(origin, {kApp}) == "");
  }
  CHECK(permission("https://app.example.org\0"sv, {kApp}) == "");
}

TEST_CASE("the scheme and host of an origin have no case") {
  CHECK(permission("HTTPS://App.Example.Org", {kApp}) == "read with credentials");
}

TEST_CASE("with * every page may read, none with credentials") {
  for (const char* origin : {"https://evil.example", "null", "https://app.example.org", "*"}) {
    CAPTURE(origin);
    CHECK(permission(origin, {"*"}) == "read");
    CHECK(header(asked_by(origin, {"*"}), "Access-Control-Allow-Origin") == "*");
  }
}

TEST_CASE("beside * a listed origin still has credentials and others have none") {
  CHECK(permission(kApp, {"*", kApp}) == "read with credentials");
  CHECK(permission("https://evil.example", {"*", kApp}) == "read");
  CHECK(permission("*", {"*", kApp}) == "read");
}

TEST_CASE("a request that no page made gets no permission") {
  CHECK(permission("", {kApp}) == "");
  CHECK(permission("", {"*"}) == "");
}

TEST_CASE("without a list no header says anything of origins") {
  CHECK(asked_by(kApp, {}).headers.empty());
}

TEST_CASE("caches are told when the reply depends on the origin, refusals included") {
  CHECK(header(asked_by(kApp, {kApp}), "Vary") == "Origin");
  CHECK(header(asked_by("https://evil.example", {kApp}), "Vary") == "Origin");
  CHECK(header(asked_by("", {kApp}), "Vary") == "Origin");
  CHECK(header(asked_by(kApp, {"*", kApp}), "Vary") == "Origin");
  CHECK(header(asked_by("https://evil.example", {"*", kApp}), "Vary") == "Origin");
  CHECK(header(asked_by(kApp, {"*"}), "Vary") == "-");
}

TEST_CASE("a page may see the headers that tell it what to do next") {
  const std::string exposed = header(asked_by(kApp, {kApp}), "Access-Control-Expose-Headers");
  for (const char* name :
       {"Retry-After", "RateLimit-Remaining", "WWW-Authenticate", "X-Request-ID", "DPoP-Nonce"}) {
    CAPTURE(name);
    CHECK(exposed.find(name) != std::string::npos);
  }
}

TEST_CASE("a preflight is answered with the methods of the path and the headers of the API") {
  const Reply reply = preflight("GET, HEAD, PATCH, OPTIONS", kApp, {kApp});
  CHECK(reply.status == 204);
  CHECK(reply.body.empty());
  CHECK(header(reply, "Access-Control-Allow-Methods") == "GET, HEAD, PATCH, OPTIONS");
  const std::string headers = header(reply, "Access-Control-Allow-Headers");
  CHECK(headers.find("Authorization") != std::string::npos);
  CHECK(headers.find("Content-Type") != std::string::npos);
  CHECK(headers.find("X-API-Key") != std::string::npos);
  CHECK(headers.find("DPoP") != std::string::npos);
  CHECK(std::stoi(header(reply, "Access-Control-Max-Age")) > 0);
  // The permission itself is allow_origin's.
  CHECK(header(reply, "Access-Control-Allow-Origin") == "-");
}

TEST_CASE("the headers of the session cookie are for listed origins alone") {
  const auto headers_for = [](std::string_view origin, const std::vector<std::string>& allowed) {
    return header(preflight("POST, OPTIONS", origin, allowed), "Access-Control-Allow-Headers");
  };
  for (const char* name : {"X-Authd-Session", "X-CSRF-Token"}) {
    CAPTURE(name);
    CHECK(headers_for(kApp, {kApp}).find(name) != std::string::npos);
    CHECK(headers_for(kApp, {"*"}).find(name) == std::string::npos);
    CHECK(headers_for(kApp, {}).find(name) == std::string::npos);
    CHECK(headers_for("https://evil.example", {kApp, "*"}).find(name) == std::string::npos);
    CHECK(headers_for("", {kApp}).find(name) == std::string::npos);
  }
}
