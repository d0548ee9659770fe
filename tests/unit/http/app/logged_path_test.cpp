#include "http/app/logged_path.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;

namespace {

constexpr const char* kToken = "8Zr1cVtq0mXo3kL5pQwYfg";  // 22 characters, the shortest possible

Router router() {
  std::vector<Route> routes;
  const auto add = [&](Method method, const char* pattern, bool hides_path) {
    routes.push_back({method, pattern, Limit::none, Lane::fast, {}});
    routes.back().hides_path = hides_path;
  };
  add(Method::get, "/confirm/:token", true);
  add(Method::post, "/reset-password/:token", true);
  add(Method::get, "/api/v1/doctor/:token", true);
  add(Method::get, "/auth/ext_authz/:rules/*", true);
  add(Method::get, "/api/v1/users/:id", false);
  add(Method::get, "/api/v1/users/me/a-very-long-name-of-a-route", false);
  return Router(std::move(routes));
}

std::string shown(const std::string& path) {
  const Router routes = router();
  return logged_path(routes, routes.find(Method::get, path).at_path, path);
}

}  // namespace

TEST_CASE("a path with a token is logged as its pattern") {
  CHECK(shown(std::string("/confirm/") + kToken) == "/confirm/:token");
  CHECK(shown("/reset-password/short") == "/reset-password/:token");
  CHECK(shown(std::string("/api/v1/doctor/") + kToken) == "/api/v1/doctor/:token");
  // The rest is the path of a request to another application.
  CHECK(shown("/auth/ext_authz/role=admin/reset/abc") == "/auth/ext_authz/:rules/*");
}

TEST_CASE("a path without one is logged as it is") {
  CHECK(shown("/api/v1/users/17") == "/api/v1/users/17");
  CHECK(shown("/api/v1/users/me/a-very-long-name-of-a-route") ==
        "/api/v1/users/me/a-very-long-name-of-a-route");
  CHECK(shown("/no/such/place") == "/no/such/place");
  CHECK(shown("/") == "/");
}

TEST_CASE("of a path that leads nowhere, what may be a token is not logged") {
  const std::string token = kToken;
  CHECK(shown("/confirm/" + token + "/") == "/confirm/*/");
  CHECK(shown("//confirm//" + token) == "//confirm//*");
  CHECK(shown("/auth/reset-password/" + token) == "/auth/reset-password/*");
  CHECK(shown("/auth/reset-password/abc/def") == "/auth/reset-password/*/*");
  CHECK(shown("/Reset-Password/abc") == "/Reset-Password/*");
  CHECK(shown("/typo/" + token) == "/typo/*");
  CHECK(shown("/" + token) == "/*");
  CHECK(shown("/doctor/abc") == "/doctor/*");
}
