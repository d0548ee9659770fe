// The route table as a document: routes.txt, beside this file, is the table as it was reviewed. A
// change of a route's policy is a change of that file. To write it again:
//
//   build/dev/tests/unit_api "[.write-routes]"
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "api/contract/openapi.h"
#include "api/endpoints/pages/pages.h"
#include "api/routes.h"
#include "auth/accounts/account/api_keys.h"
#include "base/file.h"
#include "support/instance.h"

namespace authd::api {
namespace {

std::string document_file() {
  return (std::filesystem::path(ROUTES_DIRECTORY) / "routes.txt").string();
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

std::string_view name_of(Guard guard) {
  switch (guard) {
    case Guard::none: return "none";
    case Guard::account: return "account";
    case Guard::admin: return "admin";
    case Guard::client: return "client";
    case Guard::any_client: return "any client";
  }
  __builtin_unreachable();
}

std::string_view name_of(http::Lane lane) {
  switch (lane) {
    case http::Lane::fast: return "fast";
    case http::Lane::write: return "write";
    case http::Lane::slow: return "slow";
  }
  __builtin_unreachable();
}

std::string names_of(Features features) {
  std::string names;
  for (const NamedFeature& one : kFeatures) {
    if (features.has(one.feature)) names += (names.empty() ? "" : " or ") + std::string(one.name);
  }
  return names;
}

// The columns that every row has.
std::string line_of(http::Method method, const std::string& pattern, std::string_view guard,
                    http::Limit limit, http::Lane lane, std::string_view key_scope) {
  return padded(std::string(http::name(method)), 9) + padded(pattern, 50) +
         padded(std::string(guard), 12) + padded(std::string(config::limit_class(limit).name), 9) +
         padded(std::string(name_of(lane)), 7) +
         padded(key_scope.empty() ? "-" : std::string(key_scope), 14);
}

// What few rows have, in words.
std::string line_of(std::string columns, const std::vector<std::string>& notes) {
  for (size_t i = 0; i < notes.size(); ++i)
    columns += (i == 0 ? "" : ", ") + notes[i];
  return columns.substr(0, columns.find_last_not_of(' ') + 1) + "\n";
}

std::vector<std::string> notes_of(size_t max_body, bool takes_basic, bool hides_path,
                                  bool is_probe) {
  std::vector<std::string> notes;
  if (max_body != 0) notes.push_back("body up to " + std::to_string(max_body >> 20) + " MiB");
  if (takes_basic) notes.emplace_back("takes Basic");
  if (hides_path) notes.emplace_back("hides its path");
  if (is_probe) notes.emplace_back("probe");
  return notes;
}

std::string line_of(const Route& route) {
  const RouteOptions& o = route.options;
  std::vector<std::string> notes;
  if (o.needs_proof) notes.emplace_back("fresh proof");
  if (!o.served_when.is_empty()) notes.push_back("with " + names_of(o.served_when));
  if (o.dialect == Dialect::compat) notes.emplace_back("compat errors");
  if (o.dialect == Dialect::oauth) notes.emplace_back("OAuth errors");
  if (o.for_any_origin) notes.emplace_back("for any origin");
  if (o.ignores_unknown && o.dialect == Dialect::canonical) notes.emplace_back("ignores unknown");
  if (!o.waits_for.empty()) notes.push_back("waits for " + std::string(o.waits_for));
  if (o.parks) notes.emplace_back("parks");
  if (o.reads_document) notes.emplace_back("reads documents");
  for (std::string& note : notes_of(o.max_body, o.takes_basic, o.hides_path, o.is_probe))
    notes.push_back(std::move(note));
  return line_of(line_of(route.method, route.pattern, name_of(route.guard), route.limit, route.lane,
                         o.key_scope),
                 notes);
}

std::string name_of(const http::Route& route) {
  return std::string(http::name(route.method)) + " " + route.pattern;
}

// What a server with this configuration serves besides the table, other than pages and files.
std::string others(const config::Config& config) {
  std::set<std::string> in_table;
  for (const Route& route : all_routes())
    in_table.insert(std::string(http::name(route.method)) + " " + route.pattern);
  test::Instance instance(config);
  http::Metrics metrics;
  const web::Site site = make_site(config).value();
  const OpenApi documentation({}, "");
  const Api api{instance.services, metrics, site, [] { return false; }, documentation};
  std::string text;
  for (const http::Route& route : http_routes(api)) {
    if (in_table.contains(name_of(route)) || route.limit == http::Limit::files) continue;
    text += line_of(line_of(route.method, route.pattern, "none", route.limit, route.lane, ""),
                    notes_of(route.max_body, route.takes_basic, route.hides_path, route.is_probe));
  }
  return text;
}

std::string document() {
  std::string text =
      "Every route and its policy (src/api/routes.cpp). route_table_test.cpp writes this file.\n"
      "\n"
      "guard  who may call it: anybody, a person who is signed in, an administrator, a client\n"
      "limit  the class of rate_limit.* that counts it\n"
      "lane   the threads that run it (src/http/app/router.h)\n"
      "key    the scope that an API key needs; -: no API key may call it\n"
      "\n" +
      padded("METHOD", 9) + padded("PATTERN", 50) + padded("GUARD", 12) + padded("LIMIT", 9) +
      padded("LANE", 7) + padded("KEY", 14) + "ALSO\n";
  for (const Route& route : all_routes())
    text += line_of(route);
  return text +
         "\nBesides the table, for proxies that ask with the method of the original request:\n" +
         others(test::Instance::default_config()) +
         "\nPages and their files (src/api/endpoints/pages/pages.cpp): GET, guard none, limit "
         "files, "
         "lane fast.\n";
}

TEST_CASE("the route table is the one that was reviewed") {
  CHECK(document() == read_file(document_file(), 1 << 20).value());
}

TEST_CASE("the route table is written down", "[.write-routes]") {
  std::ofstream(document_file()) << document();
}

TEST_CASE("an API key reaches what its scopes are for, and nothing else") {
  for (const Route& route : all_routes()) {
    INFO(http::name(route.method) << " " << route.pattern);
    const std::string_view scope = route.options.key_scope;
    // Through another redirect URI or secret, a key would reach what administrators have there.
    const std::string_view pattern = route.pattern;
    // A role can be anybody's, also an administrator's.
    const bool takes_role =
        pattern == "/api/v1/admin/roles/:name" && route.method == http::Method::del;
    const bool is_of_client = pattern.starts_with("/api/v1/admin/clients/:id") &&
                              route.method != http::Method::get &&
                              !pattern.ends_with("/retry") &&  // changes nothing of the client
                              std::string(pattern) + std::string(http::name(route.method)) !=
                                  "/api/v1/admin/clients/:idDELETE";
    // An endpoint is told what happens to everybody.
    const bool is_of_webhook = pattern.starts_with("/api/v1/admin/webhooks") &&
                               route.method != http::Method::get && !pattern.ends_with("/test") &&
                               !pattern.ends_with("/retry") && !pattern.ends_with("/replay");
    if (is_of_client || is_of_webhook || takes_role) {
      CHECK(scope.empty());
    } else if (route.guard == Guard::admin) {
      CHECK(scope ==
            (route.method == http::Method::get ? auth::kAdminReadScope : auth::kAdminScope));
    } else {
      // A key is no caller where nobody asks who calls, and changes nothing of its own account.
      CHECK((scope.empty() || (scope == auth::kProfileReadScope && route.guard == Guard::account &&
                               route.method == http::Method::get)));
    }
  }
}

TEST_CASE("a secret in a path is hidden, and only the replaced APIs answer in their own form") {
  for (const Route& route : all_routes()) {
    INFO(http::name(route.method) << " " << route.pattern);
    if (std::string_view(route.pattern).find(":token") != std::string_view::npos) {
      CHECK(route.options.hides_path);
    }
    const Features apis =
        Feature::secureauth | Feature::facade | Feature::fastapi | Feature::oauthapp;
    CHECK((route.options.dialect == Dialect::compat) ==
          route.options.served_when.shares_one_with(apis));
  }
}

}  // namespace
}  // namespace authd::api
