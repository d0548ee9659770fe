#include "config/reading/example.h"

#include <string_view>

#include "config/reading/keys.h"
#include "config/reading/named_tables.h"

namespace authd::config {
namespace {

constexpr size_t kColumns = 100;

constexpr std::string_view kHead =
    "# The configuration of authd. What is commented out is the default; authd.toml(5) says more.\n"
    "# An environment variable (AUTHD_SERVER_MAX_BODY for max_body of [server]) wins over this\n"
    "# file. Keys marked (reload) take effect on SIGHUP, the others with the next start.\n"
    "# Check it: authd config check\n";

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string list_of(std::string_view parts) {
  std::string list = "[";
  while (!parts.empty()) {
    const size_t comma = parts.find(',');
    if (list.size() > 1) list += ", ";
    list += quoted(parts.substr(0, comma));
    parts.remove_prefix(comma == std::string_view::npos ? parts.size() : comma + 1);
  }
  return list + "]";
}

// As written in the file.
std::string literal(const Key& key, const std::string& value) {
  if (key.is_list) return list_of(value);
  const bool is_bare = key.type == KeyType::number || key.type == KeyType::boolean;
  return is_bare && !value.empty() ? value : quoted(value);
}

// Comment lines of at most kColumns.
std::string comment(std::string_view text) {
  std::string all;
  std::string line = "#";
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (line.size() + 1 + word.size() > kColumns) {
      all += line + "\n";
      line = "#";
    }
    line += " " + std::string(word);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return all + line + "\n";
}

std::string entry(const Key& key, const std::string& name,
                  const std::map<std::string, std::string>& values) {
  std::string about = key.help;
  if (!key.default_note.empty()) about += " Default: " + key.default_note + ".";
  if (key.is_reloadable) about += " (reload)";
  const auto given = values.find(key.name);
  const bool is_given = given != values.end();
  const std::string& value = is_given ? given->second : key.default_text;
  return comment(about) + (is_given ? "" : "#") + name + " = " + literal(key, value) + "\n";
}

}  // namespace

std::string example_file(const std::map<std::string, std::string>& values) {
  std::string file(kHead);
  std::string section;
  for (const Key& key : all_keys()) {
    const size_t dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      file += "\n[" + section + "]\n";
    }
    file += entry(key, key.name.substr(dot + 1), values);
  }
  for (const NamedTables& tables : named_tables()) {
    const std::string example(tables.example);
    file += "\n# " + std::string(tables.about) + "\n#[" + std::string(tables.section) + "." +
            example + "]\n";
    for (const Key& key : tables.keys(example))
      file += entry(key, key.name.substr(key.name.rfind('.') + 1), {});
  }
  return file;
}

}  // namespace authd::config
