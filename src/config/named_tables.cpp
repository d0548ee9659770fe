#include "config/named_tables.h"

namespace authd::config {

std::optional<std::string> NamedTables::name_in(std::string_view key) const {
  if (!key.starts_with(section) || key.size() <= section.size() + 1 || key[section.size()] != '.') {
    return std::nullopt;
  }
  key.remove_prefix(section.size() + 1);
  return std::string(key.substr(0, key.find('.')));
}

std::optional<TableName> named_table_of(std::string_view key) {
  for (const NamedTables& tables : kNamedTables) {
    if (std::optional<std::string> name = tables.name_in(key)) {
      return TableName{tables, std::move(*name)};
    }
  }
  return std::nullopt;
}

}  // namespace authd::config
