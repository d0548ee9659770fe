// The embedded documents with places to fill in, and the texts in the language of the visitor.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace authd::web {

// An embedded part of our documents, by its name: "page.html".
std::string shell(std::string_view name);

// "{{name}}" filled in, in one pass: a value that looks like a placeholder is left unchanged.
using Value = std::pair<std::string_view, std::string>;
std::string fill(std::string_view text, std::span<const Value> values);

// A text of the pages, by its key, with values for its places: "{name}".
struct Text {
  std::string_view key;
  std::vector<std::pair<std::string_view, std::string>> values = {};
};

// A text of the pages, by its key, which must be there.
std::string text_of(std::string_view language, std::string_view key);
std::string text_of(std::string_view language, const Text& text);
bool has_text(std::string_view language, std::string_view key);

}  // namespace authd::web
