// The clients in the store, and who a program is that calls with the id and secret of one. What an
// administrator does with clients: client_admin.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "config/clients.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxClients = 1000;
using config::kMaxClientId;

// The client with this id, also one that is disabled; nullopt for a text that is no id.
std::optional<tables::Client> find_client(store::Reader& tx, std::string_view id);

// Writes a client that is new or whose members change. One that wants to know of sign-outs is noted
// (auth/core/logout_notices.h).
void save_client(store::WriteTxn& tx, const tables::Client& client);

// In order of their ids.
Result<std::vector<tables::Client>> list_clients(const Services& s);

bool has_grant_type(const tables::Client& client, std::string_view grant_type);

// The scopes that the client may ask for; those of a resource are beside them.
std::vector<std::string> allowed_scopes(const tables::Client& client);

// Client::last_used lags by at most this.
inline constexpr Milliseconds kUseStep = std::chrono::hours(1);
// Notes that the client was used, at most once in a kUseStep: the time of it is for people.
void note_client_use(store::WriteTxn& tx, std::string_view id, Time now);

// The id of the secret that a client of 0.1.0 has.
inline constexpr std::string_view kFirstSecretId = "0";
// The id of the secret that a client of the configuration has from there. Others are 12 hexadecimal
// digits.
inline constexpr std::string_view kConfiguredSecretId = "configuration";
// The secrets of the client, that of 0.1.0 first, ended ones too.
std::vector<tables::ClientSecretRow> secrets_of(const tables::Client& client);

// Only the configuration changes what it declares (configured_clients.h). Error: `conflict`,
// "configured_client".
Result<void> check_not_configured(const tables::Client& client);

// How the request brought the credentials of its client (RFC 6749 section 2.3.1).
enum class SentBy { header, form };
struct ClientCredentials {
  std::string id;
  ClientSecret secret;  // empty: none
  // Basic: the RFC wants both form-encoded, and half of all clients do not do that. Set if decoding
  // makes a difference.
  std::optional<std::string> decoded_id;
  ClientSecret decoded_secret;
  SentBy by = SentBy::form;
};

// The same refusal for every client (RFC 6749 section 5.2).
Error invalid_client();

// The program with these credentials. A client that has a secret must bring one that has not ended;
// a public one is known by its id alone. Wrong secrets are counted for the client's address, and
// logged. Errors: `unauthenticated`, "invalid_client", the same for an unknown id, a wrong secret
// and a disabled client; `rate_limited`.
Result<Program> authenticate_client(const Services& s, const ClientCredentials& sent,
                                    const Origin& origin);

}  // namespace authd::auth
