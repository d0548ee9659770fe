#include "api/accepted.h"

#include <algorithm>
#include <mutex>

#include "api/openapi.h"
#include "api/openapi_sources.h"
#include "api/routes.h"
#include "base/text.h"

namespace authd::api {
namespace {

constexpr size_t kMaxShown = 64;  // bytes of a name that is repeated in the message

// Those of the schema, wherever it stands.
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

Accepted read_accepted(const OpenApiSources& sources, const JsonObject& operation) {
  Accepted accepted;
  const auto parameters = operation.optional_objects("parameters").value();
  for (const JsonObject& one : parameters.value_or(std::vector<JsonObject>{})) {
    const JsonObject parameter =
        one.has("$ref") ? sources.referenced(one.string("$ref").value()) : one;
    if (parameter.string("in").value() == "query") {
      accepted.query.push_back(parameter.string("name").value());
    }
  }
  if (!operation.has("requestBody")) return accepted;
  const JsonObject content = operation.object("requestBody").value().object("content").value();
  if (content.has("application/json")) {
    const JsonObject body = content.object("application/json").value();
    add_members(sources, body.object("schema").value(), accepted.members);
  }
  return accepted;
}

// By the name of the operation.
const std::map<std::string, Accepted>& all_accepted() {
  static const std::map<std::string, Accepted> all = [] {
    std::map<std::string, Accepted> made;
    const OpenApiSources sources = read_openapi_sources();
    for (const Route& route : all_routes()) {
      if (route.options.ignores_unknown) continue;
      const std::optional<JsonObject> operation = sources.operation(route);
      if (operation) made.emplace(operation_name(route), read_accepted(sources, *operation));
    }
    return made;
  }();
  return all;
}

bool has(const std::vector<std::string>& names, std::string_view wanted) {
  return std::find(names.begin(), names.end(), wanted) != names.end();
}

// The name as the refusal repeats it: short, and without anything that a reader of the reply could
// take for markup.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, kMaxShown));
  for (char& c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!is_plain) c = '?';
  }
  return text;
}

Error unknown(std::string_view name, std::string_view what, const std::vector<std::string>& known) {
  std::string message =
      "\"" + shown(name) + "\" is not " + std::string(what) + " of this request. ";
  message += known.empty() ? "It has none." : "Known: " + joined(known, ", ") + ".";
  return Error{ErrorCode::invalid, std::move(message), shown(name)};
}

}  // namespace

const Accepted* accepted_by(const Route& route) {
  if (route.options.ignores_unknown) return nullptr;
  const auto found = all_accepted().find(operation_name(route));
  return found == all_accepted().end() ? nullptr : &found->second;
}

Result<void> check_query(const Accepted& accepted, const http::Request& request) {
  const auto queries = request.queries();
  for (size_t i = 0; i < queries.size(); ++i) {
    const std::string& name = queries[i].first;
    if (!has(accepted.query, name)) return unknown(name, "a query parameter", accepted.query);
    const auto before = queries.first(i);
    if (std::any_of(before.begin(), before.end(),
                    [&](const auto& one) { return one.first == name; })) {
      return Error{ErrorCode::invalid, "\"" + name + "\" is given twice.", name};
    }
  }
  return {};
}

Result<void> check_members(const Accepted& accepted, const JsonObject& form) {
  for (const std::string& name : form.keys()) {
    if (!has(accepted.members, name)) return unknown(name, "a member", accepted.members);
  }
  return {};
}

}  // namespace authd::api
