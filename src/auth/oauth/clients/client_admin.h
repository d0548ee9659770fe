// What an administrator does with clients. The server makes secrets of 256 random bits, so storing
// their SHA-256 is safe; one that somebody brings along has to be long.
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
  ClientSecret secret;  // that of another server; empty: the server makes one
};

// An API key makes none that skips the consent of people: `forbidden`, "beyond_api_key". Errors:
// `invalid`, with the field; `conflict`, "client_exists".
Result<MadeClient> add_client(const Services& s, const NewClient& wanted, const Origin& origin);

// Several, in one transaction: all or none. On an error, `at` is the place of the client that it is
// about. Further error: `invalid` for more than kMaxAddedClients.
inline constexpr size_t kMaxAddedClients =
    (tables::kWriteBudget - kOpeningWrites - kNoteReceiverWrites) /
    (decltype(tables::clients)::kPutWrites + decltype(tables::client_logos)::kDelWrites +
     kAuditWrites);
Result<std::vector<MadeClient>> add_clients(const Services& s, std::span<const NewClient> wanted,
                                            const Origin& origin, size_t& at);

// It becomes valid with the next request; a client that becomes public, or signs from now on, loses
// its secrets. Errors:
// `not_found`; `invalid`, with the field; `conflict`, "configured_client", for one that the
// configuration declares (configured_clients.h), which can only be disabled, until the next start.
Result<tables::Client> change_client(const Services& s, std::string_view id,
                                     const std::vector<ClientChange>& changes,
                                     const Origin& origin);

// Its grants and tokens end with it. Errors: `not_found`; `conflict`, "configured_client".
Result<void> delete_client(const Services& s, std::string_view id, const Origin& origin);

// A further secret, beside those that there are, so that the application can change over.
struct MadeSecret {
  tables::ClientSecretRow row;
  ClientSecret secret;  // shown only once
};
// `life` 0: no end. Errors: `not_found`; `conflict`, "too_many_secrets"; `invalid` for a public
// client, and for a `brought` secret of fewer than 32 bytes.
Result<MadeSecret> add_secret(const Services& s, std::string_view client, Milliseconds life,
                              const ClientSecret& brought, const Origin& origin);

// A new secret in place of all others, which end after `overlap` (0: at once; at most 30 days), so
// that the application can change over. One that ends before that keeps its end. Errors:
// `not_found`; `conflict`, "configured_client"; `invalid` for a public client, and "overlap".
Result<MadeSecret> rotate_secret(const Services& s, std::string_view client, Milliseconds overlap,
                                 const Origin& origin);

// Errors: `not_found`; `conflict`, "last_secret", for the only one that has not ended, and
// "configured_client" for the one of the configuration.
Result<void> revoke_secret(const Services& s, std::string_view client, std::string_view secret,
                           const Origin& origin);

// For those who write the row themselves: an id that nobody has.
std::string new_client_id(const Services& s);

// For those who write the row themselves: the secret that somebody brought, or one of the server's.
// Error: `invalid`, "client_secret", for fewer than 32 bytes.
Result<ClientSecret> secret_or_new(const Services& s, const ClientSecret& brought);
// Its row, with an id of its own. `life` 0: no end.
tables::ClientSecretRow secret_row(const Services& s, const ClientSecret& secret, Milliseconds life,
                                   Time now);
tables::ClientSecretRow secret_in(std::string_view bytes);  // of Client::secrets
bool has_ended(const tables::ClientSecretRow& row, Time now);

}  // namespace authd::auth
