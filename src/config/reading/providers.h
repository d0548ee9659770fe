// The keys of the providers that people sign in with: "providers.<name>.issuer" and so on, for
// every name in the file or the environment. Flags do not set them: a secret does not belong on a
// command line.
#pragma once

#include <set>
#include <utility>

#include "config/reading/keys.h"

namespace authd::config {

inline constexpr std::string_view kProvidersSection = "providers";

// [a-z0-9-], beginning and ending with a letter or digit, at most 32. Error: `invalid`.
Result<void> check_provider_name(std::string_view name);

// The keys of one provider, in the order of the manual; `set` adds it to the configuration.
std::vector<Key> provider_keys(const std::string& name);

// In an issuer: the place of the tenant, as Microsoft Entra writes it.
inline constexpr std::string_view kTenantPlace = "{tenantid}";
// The issuer of the tenant's tokens; provider.issuer if it has no place for one.
std::string issuer_of(const Provider& provider, std::string_view tenant);
// Whether tokens of this issuer are the provider's: of one of its tenants, if it has any.
bool is_issuer_of(const Provider& provider, std::string_view issuer);
bool takes_all_tenants(const Provider& provider);

// The group and the role of "group=role", an entry of Provider::role_map.
std::pair<std::string_view, std::string_view> mapping_of(std::string_view text);
// The roles that groups of this provider grant, and which are revoked without them.
std::set<std::string> roles_of_map(const Provider& provider);
// A login writes an index entry for each role that it grants.
inline constexpr size_t kMaxMappedRoles = 8;

// Checks that each provider has what it needs. Error: `invalid`, "providers.x.issuer is missing".
Result<void> check_provider(const Provider& provider);

}  // namespace authd::config
