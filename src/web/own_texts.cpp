#include "web/own_texts.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/languages.h"

namespace authd::web {
namespace {

constexpr size_t kMaxEntries = 1000;  // of the directory

Error wrong(const std::string& file, const std::string& what) {
  return Error{ErrorCode::invalid, file + ": " + what};
}

// "{name}", each once.
std::set<std::string> places_in(std::string_view text) {
  std::set<std::string> places;
  for (size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z');
    });
    if (is_name) places.insert(std::string(text.substr(open, close - open + 1)));
  }
  return places;
}

// A form for 1 alone may say the number as a word.
bool may_lose_count(std::string_view tag, std::string_view key) {
  return key.ends_with(".one") && config::plural_of(tag, 0) != config::Plural::one;
}

Result<void> check_text(const std::string& file, std::string_view tag, const std::string& key,
                        const std::string& ours, const std::string& text) {
  const std::string named = "\"" + key + "\"";
  if (text.empty()) return wrong(file, named + " is empty");
  if (text.size() > kMaxOwnText) return wrong(file, named + " is longer than 2000 bytes");
  const bool is_plain = std::none_of(
      text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; });
  if (!is_plain) return wrong(file, named + " has a line break or another control character");
  const std::set<std::string> wanted = places_in(ours);
  const std::set<std::string> found = places_in(text);
  for (const std::string& place : wanted) {
    const bool may_go = place == "{count}" && may_lose_count(tag, key);
    if (!found.contains(place) && !may_go) return wrong(file, named + " lacks " + place);
  }
  for (const std::string& place : found) {
    if (!wanted.contains(place)) {
      return wrong(file, named + " has " + place + ", for which there is no value");
    }
  }
  return {};
}

Error unknown_key(const std::string& file, const std::string& key, const AllTexts& texts,
                  std::string_view tag) {
  std::vector<std::string> known;
  for (const Catalogues* kind : {&texts.pages, &texts.mails}) {
    for (const auto& [name, text] : kind->of(tag).texts())
      known.push_back(name);
  }
  std::string what = "there is no text \"" + key.substr(0, 100) + "\"";
  return wrong(file, what + did_you_mean(nearest_of(key, known)));
}

Result<void> read_language(const std::string& file, std::string_view tag, AllTexts& texts) {
  const std::string json = TRY(read_file(file, kMaxTextsFile));
  const Result<JsonObject> parsed = JsonObject::parse(json);
  if (!parsed) return wrong(file, parsed.error().message);
  Catalogue::Texts pages;
  Catalogue::Texts mails;
  for (const std::string& key : parsed->keys()) {
    const bool is_of_pages = texts.pages.of(tag).has(key);
    const Catalogue& ours = (is_of_pages ? texts.pages : texts.mails).of(tag);
    if (!ours.has(key)) return unknown_key(file, key, texts, tag);
    const Result<std::string> text = parsed->string(key);
    if (!text) return wrong(file, "\"" + key + "\" is not a text");
    TRY(check_text(file, tag, key, ours.text(key), *text));
    (is_of_pages ? pages : mails).emplace(key, *text);
  }
  texts.pages.replace(tag, pages);
  texts.mails.replace(tag, mails);
  return {};
}

}  // namespace

Result<AllTexts> read_own_texts(const std::string& directory) {
  AllTexts texts;
  if (directory.empty()) return texts;
  std::error_code failure;
  std::filesystem::directory_iterator entry(directory, failure);
  std::vector<std::string> names;
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    if (names.size() == kMaxEntries) return wrong(directory, "has more than 1000 entries");
    names.push_back(entry->path().filename());
  }
  if (failure) return Error{ErrorCode::unavailable, directory + ": " + failure.message()};
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name.starts_with('.') || !name.ends_with(".json")) continue;
    const std::string file = directory + "/" + name;
    const std::string tag = name.substr(0, name.size() - std::string_view(".json").size());
    if (!texts.pages.has(tag) || !texts.mails.has(tag)) {
      return wrong(file, "there is no language \"" + tag + "\": name it after one of " +
                             joined(texts.pages.tags(), ", "));
    }
    TRY(read_language(file, tag, texts));
  }
  return texts;
}

}  // namespace authd::web
