#include "auth/upkeep/transfer/syntax/pg_copy.h"

namespace authd::auth::transfer {
namespace {

char unescaped(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return c;
  }
}

std::optional<std::string> value_of(std::string_view field) {
  if (field == "\\N") return std::nullopt;
  std::string value;
  for (size_t i = 0; i < field.size(); ++i) {
    const bool is_escape = field[i] == '\\' && i + 1 < field.size();
    value += is_escape ? unescaped(field[++i]) : field[i];
  }
  return value;
}

}  // namespace

std::vector<std::optional<std::string>> copied_values(std::string_view line) {
  std::vector<std::optional<std::string>> values;
  while (true) {
    const size_t tab = line.find('\t');
    values.push_back(value_of(line.substr(0, tab)));
    if (tab == std::string_view::npos) return values;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace authd::auth::transfer
