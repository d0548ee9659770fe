// The keys of the providers that people sign in with: "providers.<name>.issuer" and so on, for
// every name in the file or the environment. Flags do not set them: a secret does not belong on a
// command line.
#pragma once

#include <optional>

#include "config/keys.h"

namespace authd::config {

inline constexpr std::string_view kProvidersSection = "providers";

// [a-z0-9-], beginning and ending with a letter or digit, at most 32.
bool is_provider_name(std::string_view name);

// The keys of one provider, in the order of the manual; `set` adds it to the configuration.
std::vector<Key> provider_keys(const std::string& name);

// "google" for "providers.google" and for "providers.google.client_id"; nullopt for anything else.
std::optional<std::string> provider_of_key(std::string_view key);

// "providers.my-idp.client_id" for "AUTHD_PROVIDERS_MY_IDP_CLIENT_ID": an underscore in the name of
// a variable means '-'. nullopt for other variables.
std::optional<std::string> provider_key_of_variable(std::string_view variable);

// Checks that each provider has what it needs. Error: `invalid`, "providers.x.issuer is missing".
Result<void> check_provider(const Provider& provider);

}  // namespace authd::config
