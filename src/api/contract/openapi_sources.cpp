#include "api/contract/openapi_sources.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "web/asset.h"

namespace authd::api {
namespace {

constexpr JsonLimits kLimits{1 << 20, 32};

// Adds the members of the schema, following a "$ref".
void add_members(const OpenApiSources& sources, const JsonObject& schema,
                 std::vector<std::string>& members) {
  if (schema.has("$ref")) {
    add_members(sources, sources.referenced(schema.string("$ref").value()), members);
    return;
  }
  if (!schema.has("properties")) return;
  for (std::string& name : schema.object("properties").value().keys())
    members.push_back(std::move(name));
}

}  // namespace

std::vector<JsonObject> OpenApiSources::all(std::string_view name) const {
  std::vector<JsonObject> found;
  for (const JsonObject& file : files) {
    if (file.has(name)) found.push_back(file.object(name).value());
  }
  return found;
}

JsonObject OpenApiSources::one(std::string_view name) const {
  std::vector<JsonObject> found = all(name);
  CHECK(found.size() == 1);
  return std::move(found.front());
}

std::optional<JsonObject> OpenApiSources::operation(const Route& route) const {
  const std::string path = openapi_path(route.pattern);
  const std::string method = lower(http::name(route.method));
  for (const JsonObject& paths : all("paths")) {
    if (!paths.has(path)) continue;
    const JsonObject methods = paths.object(path).value();
    if (methods.has(method)) return methods.object(method).value();
  }
  return std::nullopt;
}

JsonObject OpenApiSources::referenced(std::string_view reference) const {
  constexpr std::string_view kPrefix = "#/components/";
  CHECK(reference.starts_with(kPrefix));
  reference.remove_prefix(kPrefix.size());
  const size_t slash = reference.find('/');
  const std::string_view kind = reference.substr(0, slash);
  const std::string_view name = reference.substr(slash + 1);
  for (const JsonObject& components : all("components")) {
    if (!components.has(kind)) continue;
    const JsonObject parts = components.object(kind).value();
    if (parts.has(name)) return parts.object(name).value();
  }
  UNREACHABLE();
}

std::optional<Accepted> OpenApiSources::accepted(const Route& route) const {
  if (route.options.ignores_unknown) return std::nullopt;
  const std::optional<JsonObject> found = operation(route);
  if (!found) return std::nullopt;
  Accepted accepted;
  const auto parameters = found->optional_objects("parameters").value();
  for (const JsonObject& one : parameters.value_or(std::vector<JsonObject>{})) {
    const JsonObject parameter = one.has("$ref") ? referenced(one.string("$ref").value()) : one;
    if (parameter.string("in").value() == "query") {
      accepted.query.push_back(parameter.string("name").value());
    }
  }
  if (!found->has("requestBody")) return accepted;
  const JsonObject content = found->object("requestBody").value().object("content").value();
  if (content.has("application/json")) {
    const JsonObject body = content.object("application/json").value();
    add_members(*this, body.object("schema").value(), accepted.members);
  }
  return accepted;
}

OpenApiSources read_openapi_sources() {
  OpenApiSources sources;
  for (const web::Asset& asset : web::embedded_openapi()) {
    std::string text = web::contents(asset);
    if (asset.path.ends_with(".txt")) {
      sources.introduction = std::move(text);
      continue;
    }
    Result<JsonObject> json = JsonObject::parse(text, kLimits);
    CHECK(json.has_value());
    sources.files.push_back(std::move(*json));
  }
  return sources;
}

std::string openapi_path(std::string_view pattern) {
  std::string path;
  while (!pattern.empty()) {
    const size_t end = std::min(pattern.find('/', 1), pattern.size());
    const std::string_view segment = pattern.substr(0, end);
    pattern.remove_prefix(end);
    path += segment.starts_with("/:") ? "/{" + std::string(segment.substr(2)) + "}"
                                      : std::string(segment);
  }
  return path;
}

}  // namespace authd::api
