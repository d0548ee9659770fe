#include "web/catalogue.h"

#include <algorithm>

#include "base/check.h"
#include "base/json.h"
#include "config/languages.h"

namespace authd::web {

std::string fill_places(std::string_view text,
                        std::span<const std::pair<std::string_view, std::string>> values) {
  std::string out;
  while (!text.empty()) {
    const size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const size_t close = text.find('}');
    if (close == std::string_view::npos) return out += text;
    const std::string_view name = text.substr(1, close - 1);
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& value) { return value.first == name; });
    if (found == values.end()) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    out += found->second;
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string Catalogue::text(std::string_view key) const {
  const auto found = texts_->find(key);
  CHECK(found != texts_->end());
  return found->second;
}

void Catalogue::replace(const Texts& texts) {
  if (texts.empty()) return;
  Texts changed = *texts_;
  for (const auto& [key, text] : texts) {
    const auto found = changed.find(key);
    CHECK(found != changed.end());
    found->second = text;
  }
  texts_ = std::make_shared<const Texts>(std::move(changed));
}

std::string Catalogue::text(const Text& wanted) const {
  return fill_places(text(wanted.key), wanted.values);
}

std::string Catalogue::counted(std::string_view family, uint64_t count) const {
  const std::string_view category = config::word_of(config::plural_of(tag_, count));
  const std::pair<std::string_view, std::string> value{"count", std::to_string(count)};
  return fill_places(text(std::string(family) + "." + std::string(category)), {&value, 1});
}

Catalogues Catalogues::read(std::span<const Asset> files, std::string_view folder) {
  Catalogues all;
  for (const config::Language& language : config::kLanguages) {
    const std::string path = std::string(folder) + "/" + std::string(language.tag) + ".json";
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const Asset& one) { return one.path == path; });
    if (file == files.end()) continue;
    const Result<JsonObject> parsed = JsonObject::parse(contents(*file));
    CHECK(parsed);
    Catalogue::Texts texts;
    for (const std::string& key : parsed->keys()) {
      const Result<std::string> text = parsed->string(key);
      CHECK(text);
      texts.emplace(key, *text);
    }
    all.catalogues_.emplace(language.tag, Catalogue(std::string(language.tag), std::move(texts)));
    all.tags_.push_back(language.tag);
  }
  CHECK(all.has(config::kFirstLanguage));
  return all;
}

const Catalogue& Catalogues::of(std::string_view tag) const {
  const auto found = catalogues_.find(tag);
  return found != catalogues_.end() ? found->second
                                    : catalogues_.find(config::kFirstLanguage)->second;
}

void Catalogues::replace(std::string_view tag, const Catalogue::Texts& texts) {
  const auto found = catalogues_.find(tag);
  CHECK(found != catalogues_.end());
  found->second.replace(texts);
}

const Catalogues& page_texts() {
  static const Catalogues all = Catalogues::read(embedded_pages(), "/ui");
  return all;
}

const Catalogues& mail_texts() {
  static const Catalogues all = Catalogues::read(embedded_mails(), "");
  return all;
}

}  // namespace authd::web
