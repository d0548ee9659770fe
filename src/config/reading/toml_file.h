// A TOML file as a flat list of keys with their values as text; the only place that sees toml++.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace authd::config {

enum class TomlType { text, number, boolean, empty };

struct TomlEntry {
  std::string key;                  // "server.listen"
  std::vector<std::string> path;    // its names one by one: {"server", "listen"}
  std::vector<std::string> parts;   // the items of an array, or the one value
  TomlType type = TomlType::empty;  // of the value or of every item; empty: an array without any
  bool is_array = false;
  int line = 0;
};

// In the order of the lines. Nothing in the file is left out: a table without keys becomes an entry
// that has no parts and is not an array. Errors: `invalid` with "file:line: what is wrong";
// `not_found` and `unavailable` from reading the file.
Result<std::vector<TomlEntry>> read_toml(const std::string& path);
// The same of a text that was read before; `path` names it in errors.
Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& path);

}  // namespace authd::config
