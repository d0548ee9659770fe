#include "api/routes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "support/instance.h"

using namespace authd;
using namespace authd::api;

namespace {

std::string text_of(const Route& route) {
  return std::string(http::name(route.method)) + " " + route.pattern;
}

bool is_below(const Route& route, std::string_view prefix) {
  return std::string_view(route.pattern).starts_with(prefix);
}

}  // namespace

TEST_CASE("no two routes are the same, whatever their parameters are called") {
  std::set<std::string> seen;
  for (const Route& route : all_routes()) {
    std::string plain;
    for (const char* at = route.pattern; *at != 0; ++at) {
      plain += *at;
      if (*at != ':') continue;
      while (at[1] != 0 && at[1] != '/')
        ++at;
    }
    INFO(text_of(route));
    CHECK(seen.insert(std::string(http::name(route.method)) + plain).second);
  }
}

TEST_CASE("strangers make this server read documents at one address, which has a limit") {
  for (const Route& route : all_routes()) {
    INFO(text_of(route));
    CHECK(route.options.reads_document == (text_of(route) == "POST /oauth2/par"));
    if (route.options.reads_document) CHECK(route.limit == http::Limit::standard);
  }
}

TEST_CASE("what is below admin is for administrators, and nothing else is") {
  for (const Route& route : all_routes()) {
    INFO(text_of(route));
    CHECK((route.guard == Guard::admin) == is_below(route, "/api/v1/admin/"));
  }
}

TEST_CASE("what an administrator changes needs a fresh proof") {
  // These end access, remove a picture, or change nobody's access.
  const std::set<std::string> exempt = {"POST /api/v1/admin/users/:id/logout",
                                        "DELETE /api/v1/admin/users/:id/api-keys/:key",
                                        "DELETE /api/v1/admin/users/:id/avatar",
                                        "DELETE /api/v1/admin/sessions/:id",
                                        "DELETE /api/v1/admin/users/:id/grants/:grant",
                                        "DELETE /api/v1/admin/users/:id/devices",
                                        "DELETE /api/v1/admin/users/:id/devices/:device",
                                        "DELETE /api/v1/admin/invitations/:id",
                                        "DELETE /api/v1/admin/registration-tokens/:id",
                                        "POST /api/v1/admin/roles",
                                        "POST /api/v1/admin/mail/:id/retry",
                                        "POST /api/v1/admin/clients/:id/logouts/:logout/retry",
                                        "POST /api/v1/admin/webhooks/:id/test",
                                        "POST /api/v1/admin/webhooks/:id/retry",
                                        "DELETE /api/v1/admin/mail/:id"};
  for (const Route& route : all_routes()) {
    INFO(text_of(route));
    if (route.guard != Guard::admin) continue;
    const bool changes = route.method != http::Method::get && !exempt.contains(text_of(route));
    CHECK(route.options.needs_proof == changes);
  }
}

TEST_CASE("what is the caller's own needs a caller") {
  for (const Route& route : all_routes()) {
    INFO(text_of(route));
    if (is_below(route, "/api/v1/users/")) CHECK(route.guard == Guard::account);
  }
}

TEST_CASE("whoever guesses is counted") {
  // Programs behind one address ask these for all of their users; a client's secret is too long to
  // be guessed, and a token too.
  const std::set<std::string> uncounted = {
      "POST /oauth2/introspect", "POST /oauth2/revoke",  "POST /oauth2/token",
      "POST /oauth2/userinfo",   "POST /validate_token", "POST /api/v1/replica/activity"};
  for (const Route& route : all_routes()) {
    if (route.method == http::Method::get || uncounted.contains(text_of(route))) continue;
    INFO(text_of(route));
    CHECK(route.limit != http::Limit::none);
    // A password costs much: nobody gets many for nothing.
    if (route.lane == http::Lane::slow && route.guard == Guard::none) {
      CHECK(route.limit != http::Limit::standard);
    }
  }
}

TEST_CASE("what nobody counts is on the list of what is measured") {
  // Strangers may ask these as often as they like: tests/http/attacks/strangers_test.py holds what
  // each costs against /livez, and has the same list.
  const std::set<std::string> measured = {"GET /.well-known/oauth-authorization-server",
                                          "GET /.well-known/oauth-protected-resource",
                                          "GET /.well-known/openid-configuration",
                                          "GET /.well-known/webfinger",
                                          "GET /oauth2/userinfo",
                                          "POST /oauth2/token",
                                          "POST /oauth2/userinfo",
                                          "GET /api/v1/replica/changes",
                                          "GET /api/v1/replica/records",
                                          "GET /api/v1/replica/settings",
                                          "GET /livez",
                                          "GET /readyz",
                                          "GET /health",
                                          "GET /api/health",
                                          "GET /metrics",
                                          "GET /.well-known/jwks.json",
                                          "GET /auth/verify",
                                          "POST /oauth2/introspect",
                                          "POST /oauth2/revoke",
                                          "POST /validate_token",
                                          "POST /api/v1/replica/activity"};
  std::set<std::string> uncounted;
  for (const Route& route : all_routes()) {
    if (route.limit == http::Limit::none) uncounted.insert(text_of(route));
  }
  CHECK(uncounted == measured);
}

TEST_CASE("what changes something does not run on the threads of the sockets") {
  const std::set<std::string> change_nothing = {
      "POST /oauth2/introspect", "POST /oauth2/authorize", "POST /oauth2/logout",
      "POST /oauth2/userinfo", "POST /api/v1/auth/passkey/options",
      "POST /api/v1/auth/signup/passkey/options", "POST /api/v1/auth/mfa/passkey/options",
      "POST /api/v1/auth/reauthenticate/options", "POST /api/v1/oauth/requests/:request",
      // It notes something in memory.
      "POST /api/v1/replica/activity"};
  for (const Route& route : all_routes()) {
    if (route.method == http::Method::get || change_nothing.contains(text_of(route))) continue;
    INFO(text_of(route));
    CHECK(route.lane != http::Lane::fast);
  }
}

TEST_CASE("what is switched off is not served") {
  config::Config config = test::Instance::default_config();
  const size_t all = served_routes(config).size();
  CHECK(all == all_routes().size());
  config.metrics.enabled = false;
  const std::vector<Route> routes = served_routes(config);
  CHECK(routes.size() == all - 1);
  CHECK(std::none_of(routes.begin(), routes.end(), [](const Route& route) {
    return std::string_view(route.pattern) == "/metrics";
  }));
  config.docs.enabled = false;
  CHECK(served_routes(config).size() == all - 4);  // /openapi.json, /docs and /redoc
  config.compat.enabled.clear();
  for (const Route& route : served_routes(config)) {
    INFO(text_of(route));
    CHECK(route.options.dialect != Dialect::compat);
  }
  config.provider.enabled = false;
  for (const Route& route : served_routes(config)) {
    INFO(text_of(route));
    const bool is_for_resource_servers = is_below(route, "/oauth2/introspect") ||
                                         is_below(route, "/oauth2/revoke") ||
                                         is_below(route, "/.well-known/jwks.json");
    CHECK((route.options.dialect == Dialect::canonical || is_for_resource_servers));
  }
}
