// The state of a store in the form that `authd apply` reads. No secrets: neither those of clients
// nor passwords. Things are in the order of their names, so that equal states are equal texts.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/state/declarations.h"

namespace authd::auth::state {

struct ExportedThing {
  std::string name;
  std::vector<std::pair<std::string, AttributeValue>> members;  // attributes: "attributes.NAME"
};
struct ExportedSection {
  Kind kind = Kind::role;
  std::vector<ExportedThing> things;
};

// Without the clients of the configuration. Error: `too_large` for more users than are applied at
// once.
Result<std::vector<ExportedSection>> export_state(const Services& s,
                                                  const std::vector<Kind>& kinds);

std::string toml_of(const std::vector<ExportedSection>& sections);
std::string json_of(const std::vector<ExportedSection>& sections);

}  // namespace authd::auth::state
