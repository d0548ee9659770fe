// Requests of this server to addresses that clients supply: the keys at a jwks_uri, the list at a
// sector_identifier_uri, the receiver of sign-outs.
#pragma once

#include "auth/core/services.h"
#include "fetch/client.h"
#include "tables/schema.h"

namespace authd::auth {

// Where a client comes from: Client::origin. Empty: an administrator created it.
inline constexpr std::string_view kRegisteredOrigin = "registered";  // by program (RFC 7591)
inline constexpr std::string_view kTokenOrigin = "token";  // the same, with an initial access token
inline constexpr std::string_view kDocumentOrigin = "document";  // its id is an address

// Whether no administrator reviewed the client before it appeared.
inline bool is_strangers(const tables::Client& client) {
  return !client.origin.empty();
}

// Whether it registered itself, and may manage its registration (client_registration.h).
inline bool is_registered(const tables::Client& client) {
  return client.origin == kRegisteredOrigin || client.origin == kTokenOrigin;
}

// Limits the request to what a client may make this server ask: anything if an administrator wrote
// the address, otherwise public addresses and provider.outbound_networks.
inline void limit_reach(fetch::Request& request, const config::Config& config,
                        const tables::Client& client) {
  if (!is_strangers(client)) return;
  request.reach = fetch::Reach::public_only;
  request.networks = config.provider.outbound_networks;
}

}  // namespace authd::auth
