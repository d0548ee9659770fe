#include "http/app/router.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;
using namespace std::string_literals;

namespace {

Route route(Method method, std::string pattern) {
  return Route{method, std::move(pattern), Limit::standard, Lane::fast,
               [](const Request&) -> Result<Reply> { return Reply::no_content(); }};
}

Router example() {
  return Router({
      route(Method::get, "/"),
      route(Method::get, "/users"),
      route(Method::post, "/users"),
      route(Method::get, "/users/:id"),
      route(Method::del, "/users/:id"),
      route(Method::get, "/users/me"),
      route(Method::put, "/users/:id/roles/:role"),
      route(Method::post, "/login"),
      route(Method::get, "/:page/help"),
      route(Method::get, "/files/:disk/*"),
  });
}

// "GET /users/:id id=7", "405 GET, HEAD, OPTIONS" or "404".
std::string found(Method method, std::string_view path) {
  static const Router router = example();
  const Router::Match match = router.find(method, path);
  if (match.route == nullptr) {
    CHECK(match.params.empty());
    return match.allowed.empty() ? "404" : "405 " + match.allowed;
  }
  CHECK(match.allowed.empty());
  std::string text = std::string(name(match.route->method)) + " " + match.route->pattern;
  for (const auto& [key, value] : match.params)
    text += " " + std::string(key) + "=" + std::string(value);
  return text;
}

}  // namespace

TEST_CASE("a path without parameters finds its route by method") {
  CHECK(found(Method::get, "/users") == "GET /users");
  CHECK(found(Method::post, "/users") == "POST /users");
  CHECK(found(Method::get, "/") == "GET /");
}

TEST_CASE("an exact path goes before a pattern, whichever was listed first") {
  CHECK(found(Method::get, "/users/me") == "GET /users/me");
  CHECK(found(Method::get, "/users/you") == "GET /users/:id id=you");
  // And hides the pattern for its other methods too.
  CHECK(found(Method::del, "/users/me") == "405 GET, HEAD, OPTIONS");
}

TEST_CASE("a last segment * is one or more of any") {
  CHECK(found(Method::get, "/files/a/b") == "GET /files/:disk/* disk=a");
  CHECK(found(Method::get, "/files/a/") == "GET /files/:disk/* disk=a");
  CHECK(found(Method::get, "/files/a//b/../*/c") == "GET /files/:disk/* disk=a");
  CHECK(found(Method::post, "/files/a/b") == "405 GET, HEAD, OPTIONS");
  CHECK(found(Method::get, "/files/a") == "404");
  CHECK(found(Method::get, "/files//b") == "404");
  CHECK(found(Method::get, "/file/a/b") == "404");
}

TEST_CASE("each parameter has the text of its segment") {
  CHECK(found(Method::del, "/users/7") == "DELETE /users/:id id=7");
  CHECK(found(Method::put, "/users/7/roles/admin") == "PUT /users/:id/roles/:role id=7 role=admin");
  CHECK(found(Method::get, "/terms/help") == "GET /:page/help page=terms");
}

TEST_CASE("a parameter is one whole segment and never empty") {
  for (const char* path :
       {"/users/", "/users//", "/users/7/", "/users/7/x", "/users//roles/admin", "/users/7/roles/",
        "/users/7/roles/a/b", "//help", "//users", "/users/7//roles/admin"}) {
    CAPTURE(path);
    CHECK(found(Method::get, path) == "404");
    CHECK(found(Method::put, path) == "404");
  }
}

TEST_CASE("a parameter takes hostile text as it is") {
  const std::string nul = "/users/a\0b"s;
  CHECK(found(Method::get, nul) == "GET /users/:id id=" + "a\0b"s);
  CHECK(found(Method::get, "/users/..") == "GET /users/:id id=..");
  CHECK(found(Method::get, "/users/:id") == "GET /users/:id id=:id");
  CHECK(found(Method::get, "/users/\xff\xfe") == "GET /users/:id id=\xff\xfe");
  const std::string huge(8000, 'a');
  CHECK(found(Method::get, "/users/" + huge) == "GET /users/:id id=" + huge);
  CHECK(found(Method::get, std::string(8000, '/')) == "404");
}

TEST_CASE("a path is decoded by who calls, and not a second time") {
  CHECK(found(Method::get, "/users/a%2Fb") == "GET /users/:id id=a%2Fb");
  CHECK(found(Method::get, "/users%2Fme") == "404");
  CHECK(found(Method::get, "/users/m%65") == "GET /users/:id id=m%65");
}

TEST_CASE("a path is compared byte by byte") {
  for (const char* path : {"/Users", "/users/me/", "/users ", "/users?", "users", "", "*",
                           "/users/.", "/./users", "/x/../users", "/login/", "/helpx/help/help"}) {
    CAPTURE(path);
    const std::string at = found(Method::get, path);
    CHECK((at == "404" || at == "GET /users/:id id=."));
  }
}

TEST_CASE("a known path with another method says which ones there are") {
  CHECK(found(Method::del, "/users") == "405 GET, HEAD, POST, OPTIONS");
  CHECK(found(Method::get, "/login") == "405 POST, OPTIONS");
  CHECK(found(Method::patch, "/users/7") == "405 GET, HEAD, DELETE, OPTIONS");
  CHECK(found(Method::options, "/users/7/roles/admin") == "405 PUT, OPTIONS");
}

TEST_CASE("HEAD finds the routes of GET and no others") {
  CHECK(found(Method::head, "/users") == "GET /users");
  CHECK(found(Method::head, "/users/7") == "GET /users/:id id=7");
  CHECK(found(Method::head, "/login") == "405 POST, OPTIONS");
  CHECK(found(Method::head, "/nothing") == "404");
}

TEST_CASE("a router that was moved still finds its routes") {
  Router first = example();
  const Router second = std::move(first);
  const Router::Match match = second.find(Method::get, "/users/me");
  REQUIRE(match.route != nullptr);
  CHECK(match.route->pattern == "/users/me");
  CHECK(match.route >= second.routes().data());
  CHECK(match.route < second.routes().data() + second.routes().size());
}

TEST_CASE("without routes there is nothing to find") {
  const Router empty({});
  CHECK(empty.find(Method::get, "/").route == nullptr);
  CHECK(empty.find(Method::get, "/").allowed.empty());
}

TEST_CASE("a path is known by any of its methods") {
  const Router router = example();
  CHECK(router.find(Method::del, "/users").at_path == router.find(Method::get, "/users").route);
  CHECK(router.find(Method::put, "/users/7").at_path->pattern == "/users/:id");
  CHECK(router.find(Method::get, "/nowhere").at_path == nullptr);
}

TEST_CASE("the words before secrets are those right before the last part of a hidden path") {
  std::vector<Route> routes = {route(Method::get, "/confirm/:token"), route(Method::get, "/a/:id"),
                               route(Method::get, "/ask/:rules/*"), route(Method::get, "/:token")};
  for (Route& one : routes)
    one.hides_path = one.pattern != "/a/:id";
  CHECK(Router(routes).words_before_secrets() == std::vector<std::string>{"confirm"});
}
