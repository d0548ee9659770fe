// What an administrator does with clients. The server creates secrets of 256 random bits, so
// storing their SHA-256 is safe; a secret from elsewhere has to be long.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/client_members.h"
#include "auth/oauth/clients/clients.h"

namespace authd::auth {

struct MadeClient {
  tables::Client client;
  ClientSecret secret;  // shown only once; empty for one that takes none (clients.h)
};

struct NewClient {
  std::string id;  // empty: the server chooses one
  std::vector<ClientChange> members;
  ClientSecret secret;  // from another server; empty: the server creates one
};

// An API key cannot create one that skips consent: `forbidden`, "beyond_api_key". Errors:
// `invalid`, with the field; `conflict`, "client_exists".
Result<MadeClient> add_client(const Services& s, const NewClient& wanted, const Origin& origin);

// Several, in one transaction: all or none. On an error, `at` is the position of the client at
// fault. Further error: `invalid` for more than kMaxAddedClients.
inline constexpr size_t kMaxAddedClients =
    (tables::kWriteBudget - kOpeningWrites - kNoteReceiverWrites) /
    (decltype(tables::clients)::kPutWrites + decltype(tables::client_logos)::kDelWrites +
     kAuditWrites);
Result<std::vector<MadeClient>> add_clients(const Services& s, std::span<const NewClient> wanted,
                                            const Origin& origin, size_t& at);

// Takes effect with the next request; a client that becomes public, or signs from now on, loses its
// secrets. Errors: `not_found`; `invalid`, with the field; `conflict`, "configured_client", for one
// that the configuration declares (configured_clients.h), which can only be disabled, until the
// next start.
Result<tables::Client> change_client(const Services& s, std::string_view id,
                                     const std::vector<ClientChange>& changes,
                                     const Origin& origin);

// Its grants and tokens end with it. Errors: `not_found`; `conflict`, "configured_client".
Result<void> delete_client(const Services& s, std::string_view id, const Origin& origin);

// Another secret, in addition to the existing ones, so that the application can move to it.
struct MadeSecret {
  tables::ClientSecretRow row;
  ClientSecret secret;  // shown only once
};
// `life` 0: it never expires. Errors: `not_found`; `conflict`, "too_many_secrets"; `invalid` for a
// public client, and for a `brought` secret of fewer than 32 bytes.
Result<MadeSecret> add_secret(const Services& s, std::string_view client, Milliseconds life,
                              const ClientSecret& brought, const Origin& origin);

// A new secret that replaces all others, which end after `overlap` (0: at once; at most 30 days),
// so that the application can move to it. A secret that ends earlier keeps its end. Errors:
// `not_found`; `conflict`, "configured_client"; `invalid` for a public client, and "overlap".
Result<MadeSecret> rotate_secret(const Services& s, std::string_view client, Milliseconds overlap,
                                 const Origin& origin);

// Errors: `not_found`; `conflict`, "last_secret", for the only one that has not ended, and
// "configured_client" for the one of the configuration.
Result<void> revoke_secret(const Services& s, std::string_view client, std::string_view secret,
                           const Origin& origin);

// For callers that write the row themselves: an unused id.
std::string new_client_id(const Services& s);

// For callers that write the row themselves: the secret that was brought, or a new one. Error:
// `invalid`, "client_secret", for fewer than 32 bytes.
Result<ClientSecret> secret_or_new(const Services& s, const ClientSecret& brought);
// Its row, with an id of its own. `life` 0: it never expires.
tables::ClientSecretRow secret_row(const Services& s, const ClientSecret& secret, Milliseconds life,
                                   Time now);
tables::ClientSecretRow secret_in(std::string_view bytes);  // of Client::secrets
bool has_ended(const tables::ClientSecretRow& row, Time now);

}  // namespace authd::auth
