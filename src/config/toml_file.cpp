#include "config/toml_file.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/file.h"

namespace authd::config {
namespace {

constexpr size_t kMaxFile = 1 << 20;

std::string place(const std::string& path, const toml::source_region& where) {
  return path + ":" + std::to_string(where.begin.line) + ": ";
}

// A scalar as text; nullopt for what no key takes (dates, nested tables in arrays).
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

Result<void> flatten(const std::string& path, const std::string& prefix, const toml::table& table,
                     std::vector<TomlEntry>& entries) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const toml::table* inner = node.as_table()) {
      TRY(flatten(path, key + ".", *inner, entries));
      continue;
    }
    TomlEntry entry{key, {}, node.is_array(), static_cast<int>(node.source().begin.line)};
    const Error wrong{ErrorCode::invalid, place(path, node.source()) + key +
                                              ": must be a string, a number, true or false, or "
                                              "an array of strings"};
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& item : *array) {
        const auto text = text_of(item);
        if (!text) return wrong;
        entry.parts.push_back(*text);
      }
    } else {
      const auto text = text_of(node);
      if (!text) return wrong;
      entry.parts.push_back(*text);
    }
    entries.push_back(std::move(entry));
  }
  return {};
}

}  // namespace

Result<std::vector<TomlEntry>> read_toml(const std::string& path) {
  const std::string text = TRY(read_file(path, kMaxFile));
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    const toml::parse_error& failure = parsed.error();
    return Error{ErrorCode::invalid,
                 place(path, failure.source()) + std::string(failure.description())};
  }
  std::vector<TomlEntry> entries;
  TRY(flatten(path, "", parsed.table(), entries));
  return entries;
}

}  // namespace authd::config
