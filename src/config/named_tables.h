// The tables of the file that the operator names: "[providers.google]", "[attributes.department]".
// One list, which the reader of the configuration, the example and the manual walk.
#pragma once

#include <array>
#include <optional>

#include "config/attributes.h"
#include "config/providers.h"

namespace authd::config {

struct NamedTables {
  std::string_view section;
  std::string_view one;      // what a table describes, with its article
  std::string_view about;    // the same in a sentence
  std::string_view example;  // a name, for examples
  Result<void> (*check_name)(std::string_view name);
  std::vector<Key> (*keys)(const std::string& name);
  std::optional<std::string> (*key_of_variable)(std::string_view variable);
  std::string (*key_names)();

  // "google" for "providers.google" and for "providers.google.client_id"; nullopt for anything
  // else.
  std::optional<std::string> name_in(std::string_view key) const;
};

inline constexpr std::array kNamedTables = {
    NamedTables{kProvidersSection, "a provider", "A provider that people sign in with", "example",
                &check_provider_name, &provider_keys, &provider_key_of_variable,
                &provider_key_names},
    NamedTables{kAttributesSection, "an attribute", "An attribute that every user has",
                "department", &check_attribute_name, &attribute_keys, &attribute_key_of_variable,
                &attribute_key_names},
};

// The tables and the name in a key; nullopt for the keys of keys.h.
struct TableName {
  const NamedTables& tables;
  std::string name;
};
std::optional<TableName> named_table_of(std::string_view key);

}  // namespace authd::config
