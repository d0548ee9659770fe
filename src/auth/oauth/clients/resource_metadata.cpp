#include "auth/oauth/clients/resource_metadata.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "auth/oauth/clients/claims.h"
#include "auth/oauth/protocol/words.h"

namespace authd::auth {
namespace {

void write(JsonWriter& json, const config::Config& config, std::string_view resource,
           std::string_view name, const std::vector<std::string>& scopes,
           std::span<const std::string_view> proofs) {
  const auto list = [&](std::string_view key, const auto& values) {
    json.key(key).begin_array();
    for (const auto& value : values)
      json.value(value);
    json.end_array();
  };
  json.begin_object().field("resource", resource);
  if (!name.empty()) json.field("resource_name", name);
  list("authorization_servers", std::array<std::string_view, 1>{config.tokens.issuer});
  if (!scopes.empty()) list("scopes_supported", scopes);
  list("bearer_methods_supported", std::array<std::string_view, 1>{"header"});
  if (!proofs.empty()) list("dpop_signing_alg_values_supported", proofs);
  json.end_object();
}

}  // namespace

void write_resource_metadata(JsonWriter& json, const config::Config& config,
                             const tables::Resource& resource) {
  // Whether that server checks proofs of possession, it has to say itself.
  write(json, config, resource.identifier, resource.name, resource.scopes, {});
}

std::string resource_metadata_address(std::string_view identifier) {
  constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";
  if (!identifier.starts_with("https://") && !identifier.starts_with("http://")) return "";
  const size_t begin = identifier.find("://") + 3;
  const size_t path = std::min(identifier.find_first_of("/?", begin), identifier.size());
  std::string_view rest = identifier.substr(path);
  // A path of one slash is none (section 3.1).
  if (rest.starts_with("/") && (rest.size() == 1 || rest[1] == '?')) rest.remove_prefix(1);
  return std::string(identifier.substr(0, path)) + std::string(kWellKnown) + std::string(rest);
}

void write_own_resource_metadata(JsonWriter& json, const config::Config& config) {
  write(json, config, config.public_url, "", supported_scopes(config), kProofAlgorithms);
}

}  // namespace authd::auth
