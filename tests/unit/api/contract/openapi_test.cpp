#include "api/contract/openapi.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "api/routes.h"
#include "base/json.h"

using namespace authd;
using namespace authd::api;

namespace {

JsonObject document_of(std::span<const Route> routes) {
  return JsonObject::parse(openapi_document(routes, "http://here"), {1 << 22, 40}).value();
}

JsonObject at(const JsonObject& from, std::initializer_list<const char*> path) {
  JsonObject found = from;
  for (const char* name : path) {
    INFO(name);
    REQUIRE(found.has(name));
    found = found.object(name).value();
  }
  return found;
}

Result<http::Reply> nothing(const Context&) {
  return http::Reply::no_content();
}

}  // namespace

TEST_CASE("every route is documented, and nothing else is") {
  std::set<std::string> routes;
  for (const Route& route : all_routes())
    routes.insert(operation_name(route));
  const std::vector<std::string> documented = documented_operations();
  for (const std::string& route : routes) {
    INFO(route << " is not in src/api/openapi/");
    CHECK(std::count(documented.begin(), documented.end(), route) == 1);
  }
  for (const std::string& operation : documented) {
    INFO(operation << " is in src/api/openapi/, and not in the route table");
    CHECK(routes.contains(operation));
  }
}

TEST_CASE("the names of all errors are listed, so that a program can tell that it knows each") {
  const JsonObject schemas = at(document_of(all_routes()), {"components", "schemas"});
  const auto names = at(schemas, {"ErrorName"}).optional_strings("enum").value();
  REQUIRE(names);
  const std::set<std::string> listed(names->begin(), names->end());
  CHECK(listed.size() == names->size());
  for (const char* name : {"invalid_value", "invalid_token", "rate_limited", "last_administrator",
                           "bad_request", "internal_error"}) {
    INFO(name);
    CHECK(listed.contains(name));
  }
  CHECK(at(schemas, {"Error", "properties", "error"}).string("$ref").value() ==
        "#/components/schemas/ErrorName");
}

TEST_CASE("the document has every operation") {
  const JsonObject paths = document_of(all_routes()).object("paths").value();
  for (const Route& route : all_routes()) {
    const std::string name = operation_name(route);
    std::string method = name.substr(0, name.find(' '));
    for (char& c : method)
      c = static_cast<char>(c + ('a' - 'A'));
    INFO(name);
    REQUIRE(paths.has(name.substr(name.find(' ') + 1)));
    CHECK(paths.object(name.substr(name.find(' ') + 1)).value().has(method));
  }
}

TEST_CASE("a path with a parameter is written as OpenAPI has it") {
  Route route{};
  route.method = http::Method::del;
  route.pattern = "/a/:b/c/:d";
  CHECK(operation_name(route) == "DELETE /a/{b}/c/{d}");
}

TEST_CASE("guard, limit and lane tell who may call and what is refused") {
  const auto responses = [](http::Method method, const char* pattern, Guard guard,
                            http::Limit limit, http::Lane lane) {
    const Route route{method, pattern, guard, limit, lane, &nothing, {.ignores_unknown = true}};
    return at(document_of(std::span(&route, 1)),
              {"paths", pattern, method == http::Method::get ? "get" : "post"});
  };
  using http::Lane;
  using http::Limit;
  constexpr const char* kKeys = "/api/v1/admin/keys";

  const JsonObject guarded =
      responses(http::Method::get, kKeys, Guard::admin, Limit::standard, Lane::slow);
  const JsonObject refusal = at(guarded, {"responses", "403", "content", "application/json"});
  CHECK(refusal.object("examples").value().keys() ==
        std::vector<std::string>{"insufficient_scope", "forbidden"});
  for (const char* status : {"200", "400", "401", "429", "503"})
    CHECK(guarded.object("responses").value().has(status));

  const JsonObject open = responses(http::Method::get, kKeys, Guard::none, Limit::none, Lane::fast);
  CHECK(open.object("responses").value().keys() == std::vector<std::string>{"200"});
  CHECK(open.optional_objects("security").value()->empty());
  CHECK(guarded.optional_objects("security").value()->front().keys() ==
        std::vector<std::string>{"bearer"});

  const JsonObject form =
      responses(http::Method::post, "/api/v1/auth/login", Guard::none, Limit::none, Lane::fast);
  for (const char* status : {"400", "413", "415", "422"})
    CHECK(form.object("responses").value().has(status));
}

TEST_CASE("a route that refuses what it does not know says so") {
  Route route{http::Method::get, "/api/v1/admin/keys", Guard::none,
              http::Limit::none, http::Lane::fast,     &nothing};
  const auto responses = [&] {
    return at(document_of(std::span(&route, 1)), {"paths", route.pattern, "get", "responses"});
  };
  CHECK(responses().has("422"));
  route.options.ignores_unknown = true;
  CHECK_FALSE(responses().has("422"));
}

TEST_CASE("what a server does not serve is not in its document") {
  const JsonObject paths = document_of(all_routes().first(1)).object("paths").value();
  CHECK(paths.keys().size() == 1);
}
