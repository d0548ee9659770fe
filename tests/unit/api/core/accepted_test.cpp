#include "api/core/accepted.h"

#include <catch2/catch.hpp>

#include "api/contract/openapi.h"
#include "api/contract/openapi_sources.h"
#include "api/routes.h"

namespace authd::api {
namespace {

const Route& route_of(std::string_view name) {
  for (const Route& route : all_routes()) {
    if (operation_name(route) == name) return route;
  }
  FAIL("there is no " << name);
  __builtin_unreachable();
}

// Only what check_query() asks.
class Asked final : public http::Request {
 public:
  using Queries = std::vector<std::pair<std::string, std::string>>;
  explicit Asked(Queries queries) : queries_(std::move(queries)) {}
  std::optional<std::string_view> header(std::string_view) const override { return std::nullopt; }
  size_t header_count(std::string_view) const override { return 0; }
  std::optional<std::string_view> find_name(bool (*)(std::string_view)) const override {
    return std::nullopt;
  }
  std::optional<std::string_view> query(std::string_view) const override { return std::nullopt; }
  std::span<const std::pair<std::string, std::string>> queries() const override { return queries_; }

 private:
  std::vector<std::pair<std::string, std::string>> queries_;
};

TEST_CASE("parameters and members come from the document, references included") {
  const OpenApiSources sources = read_openapi_sources();
  const auto users = sources.accepted(route_of("GET /api/v1/admin/users"));
  REQUIRE(users);
  CHECK(users->query == std::vector<std::string>{"search", "role", "state", "verified", "mfa",
                                                 "provider", "active_before", "active_after",
                                                 "sort", "cursor", "q", "after", "limit"});
  CHECK(users->members.empty());
  const auto login = sources.accepted(route_of("POST /api/v1/auth/login"));
  REQUIRE(login);
  CHECK(login->members ==
        std::vector<std::string>{"login", "username", "email", "password", "mfa_code", "remember"});
}

TEST_CASE(
    "every route under /api/v1 refuses the unknown, except where a provider sends the browser") {
  const OpenApiSources sources = read_openapi_sources();
  std::vector<std::string> tolerant;
  for (const Route& route : all_routes()) {
    if (!std::string_view(route.pattern).starts_with("/api/v1/")) continue;
    if (!sources.accepted(route)) tolerant.push_back(operation_name(route));
  }
  CHECK(tolerant == std::vector<std::string>{"GET /api/v1/auth/providers/{name}/callback",
                                             "POST /api/v1/auth/providers/{name}/callback"});
}

TEST_CASE("the replaced APIs take anything") {
  const OpenApiSources sources = read_openapi_sources();
  for (const Route& route : all_routes()) {
    INFO(route.pattern);
    if (route.options.dialect == Dialect::compat) CHECK_FALSE(sources.accepted(route));
  }
}

// Some of several members are needed (`anyOf`) inside `allOf`, where openapi-typescript keeps the
// types of the members.
TEST_CASE("the schema of each body that is checked is flat and closed") {
  using Objects = std::vector<JsonObject>;
  const OpenApiSources sources = read_openapi_sources();
  for (const Route& route : all_routes()) {
    if (!sources.accepted(route)) continue;
    const JsonObject operation = sources.operation(route).value();
    if (!operation.has("requestBody")) continue;
    const auto content = operation.object("requestBody").value().object("content").value();
    if (!content.has("application/json")) continue;
    JsonObject schema = content.object("application/json").value().object("schema").value();
    if (schema.has("$ref")) schema = sources.referenced(schema.string("$ref").value());
    INFO(operation_name(route));
    CHECK(schema.optional_boolean("additionalProperties").value() == false);
    const JsonObject properties = schema.object("properties").value();
    for (const std::string& name : properties.keys()) {
      INFO(name);
      CHECK_FALSE(properties.object(name).value().has("properties"));
      CHECK_FALSE(properties.object(name).value().has("$ref"));
    }
    CHECK_FALSE(schema.has("oneOf"));
    CHECK_FALSE(schema.has("anyOf"));
    // Only a condition, which names no more members.
    const Objects conditions = schema.optional_objects("allOf").value().value_or(Objects{});
    for (const JsonObject& one : conditions) {
      CHECK(one.keys() == std::vector<std::string>{"anyOf"});
      const Objects ways = one.optional_objects("anyOf").value().value();
      for (const JsonObject& way : ways)
        CHECK(way.keys() == std::vector<std::string>{"required"});
    }
  }
}

TEST_CASE("an unknown parameter is refused by its name") {
  const Accepted accepted{{"limit", "after"}, {}};
  CHECK(check_query(accepted, Asked(Asked::Queries{})));
  CHECK(check_query(accepted, Asked(Asked::Queries{{"after", "3"}, {"limit", "5"}})));
  const Result<void> refused =
      check_query(accepted, Asked(Asked::Queries{{"limit", "5"}, {"afer", "3"}}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().field == "afer");
  CHECK(refused.error().message ==
        "\"afer\" is not a query parameter of this request. Known: limit, after.");
  CHECK_FALSE(check_query({}, Asked(Asked::Queries{{"", ""}})));
}

TEST_CASE("a parameter that is given twice is refused") {
  const Accepted accepted{{"limit", "after"}, {}};
  const Result<void> refused =
      check_query(accepted, Asked(Asked::Queries{{"limit", "5"}, {"limit", "50"}}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "limit");
}

TEST_CASE("a name that could be markup is not repeated as it came") {
  const auto refused = check_members({}, JsonObject::parse(R"({"<b>\u00e4":1})").value());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "?b???");
}

TEST_CASE("an unknown member is refused by its name, and only a piece of a long one is repeated") {
  const Accepted accepted{{}, {"email"}};
  CHECK(check_members(accepted, JsonObject::parse("{}").value()));
  CHECK(check_members(accepted, JsonObject::parse(R"({"email":null})").value()));
  const auto refused = check_members(accepted, JsonObject::parse(R"({"Email":"x"})").value());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "Email");
  const std::string long_name(1000, 'n');
  const auto other = check_members({}, JsonObject::parse("{\"" + long_name + "\":1}").value());
  REQUIRE_FALSE(other);
  CHECK(other.error().field.size() == 64);
  CHECK(other.error().message.size() < 200);
}

}  // namespace
}  // namespace authd::api
