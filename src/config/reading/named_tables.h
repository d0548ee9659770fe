// The sections of the configuration that hold a table for each name: "providers.<name>",
// "clients.<id>", "attributes.<name>". Their keys come from the file and the environment.
#pragma once

#include <optional>
#include <span>

#include "config/reading/keys.h"

namespace authd::config {

struct NamedTables {
  std::string_view section;  // "providers"
  std::string_view thing;    // "a provider"
  std::string_view about;    // a sentence for `authd config example`
  std::string_view example;  // a name, for that
  char joint;                // what '_' in the name of a variable stands for in a name
  Result<void> (*check_name)(std::string_view name);
  std::vector<Key> (*keys)(const std::string& name);
};

std::span<const NamedTables> named_tables();

struct TablePlace {
  const NamedTables* tables;
  std::string name;  // not checked
};

// "google" of the providers for "providers.google" and for "providers.google.client_id"; nullopt
// for a key that is in no such table.
std::optional<TablePlace> place_of_key(std::string_view key);

// "providers.my-idp.client_id" for "AUTHD_PROVIDERS_MY_IDP_CLIENT_ID": all letters are small, and
// an underscore in the name means NamedTables::joint. nullopt for other variables.
std::optional<std::string> table_key_of_variable(std::string_view variable);

// "issuer, client_id, …"
std::string key_names(const NamedTables& tables);

}  // namespace authd::config
