#include "web/template.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/json.h"
#include "web/asset.h"

namespace authd::web {

std::string shell(std::string_view name) {
  for (const Asset& asset : embedded_shell()) {
    if (asset.path.substr(1) == name) return contents(asset);
  }
  CHECK(false);
}

std::string fill(std::string_view text, std::span<const Value> values) {
  std::string out;
  while (true) {
    const size_t at = text.find("{{");
    if (at == std::string_view::npos) return out += text;
    const size_t end = text.find("}}", at);
    CHECK(end != std::string_view::npos);
    out += text.substr(0, at);
    const std::string_view key = text.substr(at + 2, end - at - 2);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const auto& pair) { return pair.first == key; });
    CHECK(value != values.end());
    out += value->second;
    text.remove_prefix(end + 2);
  }
}

namespace {

const JsonObject& texts_of(std::string_view language) {
  static const std::map<std::string, JsonObject, std::less<>> all = [] {
    std::map<std::string, JsonObject, std::less<>> read;
    for (const std::string name : {"en", "de"}) {
      const Asset* catalogue = find_asset("/ui/" + name + ".json");
      CHECK(catalogue != nullptr);
      Result<JsonObject> parsed = JsonObject::parse(contents(*catalogue));
      CHECK(parsed);
      read.emplace(name, std::move(*parsed));
    }
    return read;
  }();
  const auto found = all.find(language);
  CHECK(found != all.end());
  return found->second;
}

}  // namespace

std::string text_of(std::string_view language, std::string_view key) {
  const Result<std::string> text = texts_of(language).string(key);
  CHECK(text);
  return *text;
}

std::string text_of(std::string_view language, const Text& text) {
  std::string filled = text_of(language, text.key);
  for (const auto& [name, value] : text.values) {
    const std::string place = "{" + std::string(name) + "}";
    const size_t at = filled.find(place);
    if (at != std::string::npos) filled.replace(at, place.size(), value);
  }
  return filled;
}

bool has_text(std::string_view language, std::string_view key) {
  return texts_of(language).has(key);
}

}  // namespace authd::web
