// Clients: programs (resource servers) that may introspect and revoke tokens. A client has an id
// and a secret of 256 random bits, so storing its SHA-256 is safe.
#pragma once

#include <string>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxClients = 1000;

struct MadeClient {
  tables::Client client;
  ClientSecret secret;  // shown only once
};

// `name` is for people: 1 to 100 code points. Errors: `invalid`.
Result<MadeClient> add_client(const Services& s, std::string_view name, const Origin& origin);
Result<std::vector<tables::Client>> list_clients(const Services& s);
Result<void> delete_client(const Services& s, std::string_view id,
                           const Origin& origin);  // `not_found`

// The same refusal for every client (RFC 6749 section 5.2).
Error invalid_client();

// The program with this client id and secret. Error: `unauthenticated`, "invalid_client", the same
// for an unknown id and a wrong secret.
Result<Program> authenticate_client(const Services& s, std::string_view id,
                                    const ClientSecret& secret);

}  // namespace authd::auth
