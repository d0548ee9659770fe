// Brings a client into a declared state, whether or not it exists: PUT by id, and `authd apply`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/put.h"
#include "auth/oauth/clients/client_admin.h"

namespace authd::auth {

// The id of the secret that a declaration gave to the client; another secret of a declaration takes
// its place.
inline constexpr std::string_view kDeclaredSecretId = "declared";

struct WantedClient {
  std::string id;
  // A member that is absent gets its default; the name is the id by default. Only "disabled" stays
  // as it is: somebody may have stopped the client in an emergency.
  std::vector<ClientChange> members;
  // One of its secrets from then on, of at least 32 characters. Empty: its secrets stay, and a
  // client that needs one and has none gets a new one.
  ClientSecret secret;
};

// The client as it will be stored, and as it is now.
struct ExpectedNames {
  std::vector<std::string> roles;
  std::vector<std::string> resources;
};

struct PutClient {
  Put<tables::Client> put;
  bool has_new_secret = false;
  ClientSecret secret;  // shown only once; empty unless the server made it
};

// Errors: `invalid`, with the field; `conflict`, "configured_client" and "too_many_secrets".
Result<PutClient> put_client(const Services& s, const WantedClient& wanted, const Origin& origin);

// What put_client() would store now, without the secret that the server would create. Errors: as
// put_client().
Result<PutClient> look_at_client(const Services& s, store::Reader& tx, const WantedClient& wanted,
                                 const ExpectedNames& expected);

}  // namespace authd::auth
