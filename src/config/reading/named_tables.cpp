#include "config/reading/named_tables.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/reading/attributes.h"
#include "config/reading/clients.h"
#include "config/reading/providers.h"

namespace authd::config {
namespace {

constexpr std::array kTables = {
    NamedTables{
        kProvidersSection, "a provider",
        "A provider that people sign in with; a table for each, under a name of your choice.",
        "example", '-', &check_provider_name, &provider_keys},
    NamedTables{
        kClientsSection, "a client",
        "An application that people sign in to; a table for each, under an id of your choice.",
        "example", '-', &check_client_name, &client_keys},
    NamedTables{kAttributesSection, "an attribute",
                "An attribute that every user has; a table for each, under a name of your choice.",
                "department", '_', &check_attribute_name, &attribute_keys},
};

// "client_id" of "providers.google.client_id".
std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}

}  // namespace

std::span<const NamedTables> named_tables() {
  return kTables;
}

std::optional<TablePlace> place_of_key(std::string_view key) {
  for (const NamedTables& tables : kTables) {
    const std::string start = std::string(tables.section) + ".";
    if (!key.starts_with(start) || key.size() == start.size()) continue;
    const std::string_view rest = key.substr(start.size());
    return TablePlace{&tables, std::string(rest.substr(0, rest.find('.')))};
  }
  return std::nullopt;
}

std::optional<std::string> table_key_of_variable(std::string_view variable) {
  const std::string all = lower(variable);
  for (const NamedTables& tables : kTables) {
    const std::string start = "authd_" + std::string(tables.section) + "_";
    if (!all.starts_with(start)) continue;
    const std::string rest = all.substr(start.size());
    std::string longest;
    for (const Key& key : tables.keys(std::string(tables.example))) {
      const std::string tail = "_" + std::string(last_part(key.name));
      if (rest.size() > tail.size() && rest.ends_with(tail) && tail.size() > longest.size()) {
        longest = tail;
      }
    }
    if (longest.empty()) return std::nullopt;
    std::string name = rest.substr(0, rest.size() - longest.size());
    std::replace(name.begin(), name.end(), '_', tables.joint);
    return std::string(tables.section) + "." + name + "." + longest.substr(1);
  }
  return std::nullopt;
}

std::string key_names(const NamedTables& tables) {
  return joined(tables.keys(std::string(tables.example)), ", ",
                [](const Key& key) { return std::string(last_part(key.name)); });
}

}  // namespace authd::config
