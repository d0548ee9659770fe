#include "api/contract/openapi.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "api/contract/openapi_sources.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

namespace authd::api {
namespace {

constexpr const char* kErrorSchema = "#/components/schemas/Error";
// Errors of the APIs that authd replaces have another format (compat/compat.h).
constexpr const char* kCompatErrorSchema = "#/components/schemas/CompatError";
constexpr const char* kCompatMark = "compat ";

// "401" of "401 invalid_token" and of "compat 401 invalid_token".
std::string status_of(const std::string& name) {
  const size_t space = name.rfind(' ');
  return name.substr(space - 3, 3);
}

std::string word_of(const std::string& name) {
  return name.substr(name.rfind(' ') + 1);
}

bool is_for_users(const Route& route) {
  return route.guard == Guard::account || route.guard == Guard::admin;
}

// Lists of keys of errors.json, such as "401 invalid_token", by status.
using Refusals = std::map<std::string, std::vector<std::string>>;

Refusals refusals_of(const Route& route, const JsonObject& operation) {
  std::vector<std::string> names =
      operation.optional_strings("x-errors").value().value_or(std::vector<std::string>{});
  const auto add = [&](std::initializer_list<const char*> more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  if (is_for_users(route)) {
    add({"400 invalid_request", "401 unauthenticated", "401 invalid_token", "401 invalid_session",
         "401 invalid_api_key", "403 insufficient_scope"});
  }
  if (route.guard == Guard::admin) add({"403 forbidden"});
  if (route.options.needs_proof) add({"403 reauthentication_required"});
  if (route.method != http::Method::get) add({"400 malformed_request", "403 csrf_failed"});
  if (operation.has("requestBody")) {
    const auto content = operation.object("requestBody").value().object("content").value();
    add({"400 malformed_request", "413 too_large", "415 unsupported"});
    if (content.has("application/json")) add({"422 invalid_value"});
  }
  if (!route.options.ignores_unknown) add({"422 invalid_value"});
  if (route.limit != http::Limit::none) add({"429 rate_limited"});
  if (route.lane != http::Lane::fast) add({"503 busy"});
  if (route.lane != http::Lane::fast || is_for_users(route)) add({"503 unavailable"});
  Refusals refusals;
  for (std::string& name : names) {
    if (route.options.dialect == Dialect::compat) {
      if (name.starts_with("422")) name.replace(0, 3, "400");
      name = kCompatMark + name;
    }
    std::vector<std::string>& same = refusals[status_of(name)];
    if (std::find(same.begin(), same.end(), name) == same.end()) same.push_back(std::move(name));
  }
  return refusals;
}

void write_reference(JsonWriter& json, const std::string& to) {
  json.begin_object().field("$ref", to).end_object();
}

// The name under #/components/examples, where spaces are not allowed.
std::string example_name(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '.');
  return name;
}

void write_refusal(JsonWriter& json, const OpenApiSources& sources, const std::string& status,
                   const std::vector<std::string>& names) {
  json.key(status).begin_object().field("description",
                                        sources.one("statuses").string(status).value());
  const char* header = status == "401"                      ? "WWW-Authenticate"
                       : status == "429" || status == "503" ? "Retry-After"
                                                            : nullptr;
  if (header != nullptr) {
    json.key("headers").begin_object().key(header);
    write_reference(json, std::string("#/components/headers/") + header);
    json.end_object();
  }
  json.key("content").begin_object().key("application/json").begin_object().key("schema");
  write_reference(json, names.front().starts_with(kCompatMark) ? kCompatErrorSchema : kErrorSchema);
  json.key("examples").begin_object();
  for (const std::string& name : names) {
    json.key(word_of(name));
    write_reference(json, "#/components/examples/" + example_name(name));
  }
  json.end_object().end_object().end_object().end_object();
}

// One security requirement: all of these schemes together.
void write_way(JsonWriter& json, std::initializer_list<const char*> schemes) {
  json.begin_object();
  for (const char* scheme : schemes)
    json.key(scheme).begin_array().end_array();
  json.end_object();
}

void write_security(JsonWriter& json, const Route& route) {
  json.key("security").begin_array();
  if (is_for_users(route)) {
    write_way(json, {"bearer"});
    if (route.method == http::Method::get) {
      write_way(json, {"session"});
    } else {
      write_way(json, {"session", "csrf"});
    }
  }
  if (route.guard == Guard::admin) write_way(json, {"api_key"});
  json.end_array();
}

void write_operation(JsonWriter& json, const OpenApiSources& sources, const Route& route,
                     const JsonObject& operation, std::set<std::string>& used) {
  json.key(lower(http::name(route.method))).begin_object();
  for (const std::string& field : operation.keys()) {
    if (field == "x-errors" || field == "responses") continue;
    json.key(field);
    operation.write(field, json);
  }
  if (!operation.has("security")) write_security(json, route);
  const JsonObject responses = operation.object("responses").value();
  json.key("responses").begin_object();
  for (const std::string& status : responses.keys()) {
    json.key(status);
    responses.write(status, json);
  }
  for (const auto& [status, names] : refusals_of(route, operation)) {
    if (responses.has(status)) continue;
    write_refusal(json, sources, status, names);
    used.insert(names.begin(), names.end());
  }
  json.end_object().end_object();
}

// Adds to `used` the refusals of every operation.
void write_paths(JsonWriter& json, const OpenApiSources& sources, std::span<const Route> routes,
                 std::set<std::string>& used) {
  std::vector<std::string_view> patterns;  // in the order of the table
  for (const Route& route : routes) {
    if (std::find(patterns.begin(), patterns.end(), route.pattern) == patterns.end()) {
      patterns.emplace_back(route.pattern);
    }
  }
  json.key("paths").begin_object();
  for (const std::string_view pattern : patterns) {
    bool is_open = false;
    for (const Route& route : routes) {
      if (route.pattern != pattern) continue;
      const std::optional<JsonObject> operation = sources.operation(route);
      if (!operation) continue;
      if (!is_open) json.key(openapi_path(pattern)).begin_object();
      is_open = true;
      write_operation(json, sources, route, *operation, used);
    }
    if (is_open) json.end_object();
  }
  json.end_object();
}

// errors.json lists these without the mark, with the status that the canonical API uses.
JsonObject error_of(const JsonObject& errors, const std::string& name) {
  const std::string own = status_of(name) + " " + word_of(name);
  const std::string canonical = "422 " + word_of(name);
  CHECK(errors.has(own) || errors.has(canonical));
  return errors.object(errors.has(own) ? own : canonical).value();
}

// The refusals as the server sends them, for the responses to refer to.
void write_error_examples(JsonWriter& json, const JsonObject& errors,
                          const std::set<std::string>& used) {
  for (const std::string& name : used) {
    const JsonObject error = error_of(errors, name);
    const bool is_compat = name.starts_with(kCompatMark);
    json.key(example_name(name)).begin_object().key("value").begin_object();
    json.field("error", is_compat ? error.string("message").value() : word_of(name));
    json.field("message", error.string("message").value());
    json.field("detail", error.string("message").value());
    if (is_compat) json.field("code", word_of(name));
    if (error.has("field")) json.field("field", error.string("field").value());
    if (!is_compat && error.has("reason")) json.field("reason", error.string("reason").value());
    if (!is_compat && error.has("limit")) json.field("limit", error.integer("limit").value());
    json.field("request_id", "5f0d6c1b2a3e4f5800000001").end_object().end_object();
  }
}

// The names of the errors that any address may answer with (introduction.txt).
constexpr std::array kNamesAnywhere = {"bad_request",         "https_required",
                                       "internal_error",      "method_not_allowed",
                                       "misdirected_request", "request_timeout"};

// The names of all errors, so that a program can tell that it knows each of them.
void write_error_names(JsonWriter& json, const JsonObject& errors) {
  std::set<std::string> names(kNamesAnywhere.begin(), kNamesAnywhere.end());
  for (const std::string& error : errors.keys())
    names.insert(word_of(error));
  json.key("ErrorName").begin_object().field("type", "string");
  json.field("description",
             "What went wrong, for programs. A name never changes; a new release may have more.");
  json.key("enum").begin_array();
  for (const std::string& name : names)
    json.value(name);
  json.end_array().end_object();
}

void write_components(JsonWriter& json, const OpenApiSources& sources,
                      const std::set<std::string>& used) {
  std::map<std::string, std::vector<JsonObject>> kinds;
  for (const JsonObject& components : sources.all("components")) {
    for (const std::string& kind : components.keys())
      kinds[kind].push_back(components.object(kind).value());
  }
  json.key("components").begin_object();
  for (const auto& [kind, parts] : kinds) {
    json.key(kind).begin_object();
    for (const JsonObject& part : parts) {
      for (const std::string& name : part.keys()) {
        json.key(name);
        part.write(name, json);
      }
    }
    if (kind == "schemas") write_error_names(json, sources.one("errors"));
    if (kind == "examples") write_error_examples(json, sources.one("errors"), used);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

std::string openapi_document(std::span<const Route> routes, std::string_view public_url) {
  const OpenApiSources sources = read_openapi_sources();
  JsonWriter json;
  json.begin_object().field("openapi", "3.1.0").key("info").begin_object();
  const JsonObject info = sources.one("info");
  for (const std::string& field : info.keys()) {
    json.key(field);
    info.write(field, json);
  }
  json.field("version", AUTHD_VERSION).field("description", sources.introduction).end_object();
  json.key("servers").begin_array().begin_object().field("url", public_url).end_object();
  json.end_array();
  for (const JsonObject& file : sources.files) {
    if (!file.has("tags")) continue;
    json.key("tags");
    file.write("tags", json);
  }
  std::set<std::string> used;
  write_paths(json, sources, routes, used);
  write_components(json, sources, used);
  json.end_object();
  return json.take();
}

std::vector<std::string> documented_operations() {
  std::vector<std::string> names;
  for (const JsonObject& paths : read_openapi_sources().all("paths")) {
    for (const std::string& path : paths.keys()) {
      for (std::string method : paths.object(path).value().keys()) {
        for (char& c : method)
          c = static_cast<char>(c - 'a' + 'A');
        names.push_back(method + " " + path);
      }
    }
  }
  return names;
}

std::string operation_name(const Route& route) {
  return std::string(http::name(route.method)) + " " + openapi_path(route.pattern);
}

const web::Document& OpenApi::document() const {
  std::call_once(once_, [this] {
    document_ = web::make_document("application/json; charset=utf-8",
                                   "default-src 'none'; frame-ancestors 'none'",
                                   openapi_document(routes_, public_url_));
  });
  return document_;
}

}  // namespace authd::api
