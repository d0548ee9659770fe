// The keys of the attributes of users: "attributes.<name>.type" and so on, for every name in the
// file or the environment. Flags do not set them.
#pragma once

#include "config/reading/keys.h"

namespace authd::config {

inline constexpr std::string_view kAttributesSection = "attributes";

// More would not fit into one form.
inline constexpr size_t kMaxAttributes = 32;

// [a-z][a-z0-9_], at most 32, and no member or claim that users have anyway. Error: `invalid`.
Result<void> check_attribute_name(std::string_view name);

// The keys of one attribute, in the order of the manual; `set` adds it to the configuration.
std::vector<Key> attribute_keys(const std::string& name);

// The attribute with this name, or null.
const Attribute* find_attribute(const Realm& realm, std::string_view name);

// A rule between keys that the attributes break. `key` is where to look: "attributes.x.read".
struct AttributeProblem {
  std::string key;
  std::string message;
};
std::vector<AttributeProblem> attribute_problems(const Realm& realm);

}  // namespace authd::config
