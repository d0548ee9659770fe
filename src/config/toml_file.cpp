#include "config/toml_file.h"

// What the parser asserts is not always so: of "[:" it says "there is a key" and looks again a line
// later, with an error for the case that there is none. An assertion would end the process, and
// with NDEBUG it is an assumption that the compiler builds upon. This makes it neither.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>

#include "base/file.h"

namespace authd::config {
namespace {

constexpr size_t kMaxFile = 1 << 20;

std::string place(const std::string& path, const toml::source_region& where) {
  return path + ":" + std::to_string(where.begin.line) + ": ";
}

// Takes a scalar into the entry; false for what no key takes (dates, fractions, tables in arrays)
// and for an item of another type than the one before.
bool take(const toml::node& node, TomlEntry& entry) {
  TomlType type = TomlType::empty;
  std::string part;
  if (const auto* text = node.as_string()) {
    type = TomlType::text;
    part = text->get();
  } else if (const auto* number = node.as_integer()) {
    type = TomlType::number;
    part = std::to_string(number->get());
  } else if (const auto* flag = node.as_boolean()) {
    type = TomlType::boolean;
    part = flag->get() ? "true" : "false";
  }
  if (type == TomlType::empty) return false;
  if (!entry.parts.empty() && entry.type != type) return false;
  entry.type = type;
  entry.parts.push_back(std::move(part));
  return true;
}

Result<void> flatten(const std::string& path, const std::string& prefix, const toml::table& table,
                     std::vector<TomlEntry>& entries) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    TomlEntry entry;
    entry.key = key;
    entry.is_array = node.is_array();
    entry.line = static_cast<int>(node.source().begin.line);
    const toml::table* inner = node.as_table();
    if (inner != nullptr && !inner->empty()) {
      TRY(flatten(path, key + ".", *inner, entries));
      continue;
    }
    bool is_good = inner != nullptr;
    if (const toml::array* array = node.as_array()) {
      is_good = std::all_of(array->begin(), array->end(),
                            [&](const toml::node& item) { return take(item, entry); });
    } else if (inner == nullptr) {
      is_good = take(node, entry);
    }
    if (!is_good) {
      return Error{ErrorCode::invalid, place(path, node.source()) + key +
                                           ": must be a string, a whole number, true or false, or "
                                           "an array of strings"};
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
