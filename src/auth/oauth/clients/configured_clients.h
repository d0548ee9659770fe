// The clients that the configuration declares (config/reading/clients.h). They are rows like the
// others, so every lookup finds them; only the configuration changes them.
#pragma once

#include <vector>

#include "auth/core/services.h"

namespace authd::auth {

// What is wrong with them, without reading the store or files: each `invalid`, with the key as its
// field ("clients.grafana.redirect_uris").
std::vector<Error> configured_client_problems(const std::vector<config::ConfiguredClient>& clients);

// The secret of a client, from its key or its file; empty: none. Errors: `invalid` and those of
// reading the file, with the key as their field.
Result<ClientSecret> configured_secret(const config::ConfiguredClient& client);

// What happens to clients that were declared before and are not now.
enum class Missing {
  end,   // disabled, and then administrators may change or delete them
  stay,  // no configuration was read, which may be a mistake: nothing
};

// Brings the rows into line with the configuration, one transaction for each that differs. Roles
// and resources that do not exist yet are logged. Called when a server starts. Errors: as above;
// those of the store.
Result<void> apply_configured_clients(const Services& s, Missing missing = Missing::end);

}  // namespace authd::auth
