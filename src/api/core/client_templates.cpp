#include "api/core/client_templates.h"

#include <algorithm>

#include "auth/oauth/clients/client_members.h"
#include "base/check.h"
#include "web/asset.h"

namespace authd::api {
namespace {

constexpr std::string_view kSuffix = ".json";

std::vector<auth::ClientTemplate> read_templates() {
  std::vector<auth::ClientTemplate> all;
  for (const web::Asset& asset : web::embedded_templates()) {
    std::string_view id = asset.path.substr(asset.path.rfind('/') + 1);
    CHECK(id.ends_with(kSuffix));
    id.remove_suffix(kSuffix.size());
    Result<auth::ClientTemplate> one = auth::parse_template(id, web::contents(asset));
    CHECK(one.has_value());
    all.push_back(std::move(*one));
  }
  std::sort(all.begin(), all.end(),
            [](const auto& one, const auto& other) { return one.id < other.id; });
  return all;
}

void write_members_of(JsonWriter& json, const auth::ClientTemplate& one) {
  json.field("template", one.id).field("name", one.name);
}

void write_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

// Without the brace at the end.
void begin_template(JsonWriter& json, const auth::ClientTemplate& one) {
  json.begin_object();
  write_members_of(json, one);
  write_or_null(json, "home", one.home);
  write_or_null(json, "url", one.url);
  json.field("checked", one.checked);
}

void write_settings(JsonWriter& json, const std::vector<auth::AppSettings>& settings) {
  json.key("settings").begin_array();
  for (const auth::AppSettings& one : settings) {
    json.begin_object()
        .field("title", one.title)
        .field("format", one.format)
        .field("text", one.text)
        .end_object();
  }
  json.end_array();
}

void write_advice(JsonWriter& json, const auth::ClientTemplate& one) {
  json.field("roles", one.roles).key("traps");
  auth::write_value(json, one.traps);
}

}  // namespace

std::span<const auth::ClientTemplate> client_templates() {
  static const std::vector<auth::ClientTemplate> kAll = read_templates();
  return kAll;
}

void write_template(JsonWriter& json, const auth::ClientTemplate& one) {
  begin_template(json, one);
  json.end_object();
}

void write_whole_template(JsonWriter& json, const auth::ClientTemplate& one) {
  begin_template(json, one);
  json.key("client").begin_object();
  for (const auth::ClientChange& change : one.members) {
    json.key(change.name);
    auth::write_value(json, change.value);
  }
  json.end_object();
  write_settings(json, one.settings);
  write_advice(json, one);
  json.end_object();
}

void write_made_app(JsonWriter& json, const MadeApp& app) {
  json.key("application").begin_object();
  write_members_of(json, *app.from);
  write_settings(json, app.settings);
  write_advice(json, *app.from);
  json.end_object();
}

}  // namespace authd::api
