// The keys of the clients that the configuration declares: "clients.<id>.redirect_uris" and so on,
// for every id in the file or the environment. Flags do not set them: a secret does not belong on a
// command line. What their values mean is looked at when they are stored
// (auth/oauth/clients/configured_clients.h).
#pragma once

#include "config/reading/keys.h"

namespace authd::config {

inline constexpr std::string_view kClientsSection = "clients";

inline constexpr size_t kMinClientId = 3;  // bytes
inline constexpr size_t kMaxClientId = 64;
inline constexpr size_t kMinClientSecret = 32;  // bytes, of a secret that somebody brings along

// [A-Za-z0-9_-], 3 to 64 characters, not beginning with '-'.
bool is_client_id(std::string_view id);
// The same for people. Error: `invalid`.
Result<void> check_client_name(std::string_view id);

// The keys of one client, in the order of the manual; `set` adds it to the configuration.
std::vector<Key> client_keys(const std::string& id);

// Error: `invalid`, "clients.x.secret and secret_file are both set".
Result<void> check_configured_client(const ConfiguredClient& client);

}  // namespace authd::config
