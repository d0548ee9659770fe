// The clients in the store, and the authentication of programs that call with the id and secret of
// one. What an administrator does with clients: client_admin.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "config/reading/clients.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxClients = 1000;
// Bytes, of an id in the store: the address of a document (document_address.h) is the longest.
inline constexpr size_t kMaxClientKey = 200;

// The client with this id, even if it is disabled; nullopt also for text that is not an id.
std::optional<tables::Client> find_client(store::Reader& tx, std::string_view id);

// The same. Error: `not_found`.
Result<tables::Client> get_client(store::Reader& tx, std::string_view id);
Result<tables::Client> get_client(const Services& s, std::string_view id);

// Writes a client that is new or whose members change. A client that is told of sign-outs is noted
// (auth/core/logout_notices.h).
void save_client(store::WriteTxn& tx, const tables::Client& client);

// Whether it may do anything now: one that is disabled may not, and one with a document only while
// clients may have their documents there (document_address.h).
bool is_enabled(const config::Config& config, const tables::Client& client);

// In order of their ids.
Result<std::vector<tables::Client>> list_clients(const Services& s);

bool has_grant_type(const tables::Client& client, std::string_view grant_type);

// The scopes that the client may ask for; those of a resource are beside them.
std::vector<std::string> allowed_scopes(const tables::Client& client);

// Client::last_used lags by at most this.
inline constexpr Milliseconds kUseStep = std::chrono::hours(1);
// Notes that the client was used, at most once in a kUseStep: the time is only shown to people.
void note_client_use(store::WriteTxn& tx, std::string_view id, Time now);

// The id of the secret that a client of 0.1.0 has.
inline constexpr std::string_view kFirstSecretId = "0";
// The id of the secret that a client of the configuration has from there. Others are 12 hexadecimal
// digits.
inline constexpr std::string_view kConfiguredSecretId = "configuration";
// Whether it authenticates with a secret: a public one has nothing to prove, and one with
// private_key_jwt signs instead (client_assertion.h).
bool takes_secret(const tables::Client& client);
// Error: `invalid`, with the field and why.
Error no_secret_needed(const tables::Client& client, std::string_view field);
// The secrets of the client, that of 0.1.0 first, ended ones too.
std::vector<tables::ClientSecretRow> secrets_of(const tables::Client& client);

// Whether a client is only a link: to a page that does not use this server for sign-in, such as a
// printer's. It has a home page (Client::client_uri), and neither a secret nor grant types, so it
// gets no tokens and asks about none.
bool is_bookmark(const tables::Client& client);

// Only the configuration changes what it declares (configured_clients.h). Error: `conflict`,
// "configured_client".
Result<void> check_not_configured(const tables::Client& client);
// The same, and only a document changes what it says (document_clients.h). Further error:
// `conflict`, "document_client".
Result<void> check_editable(const tables::Client& client);

// How the request brought the credentials of its client (RFC 6749 section 2.3.1).
enum class SentBy { header, form };
struct ClientCredentials {
  std::string id;
  ClientSecret secret;  // empty: none
  // Basic: the RFC requires both to be form-encoded, and half of all clients do not do that. Set if
  // decoding makes a difference.
  std::optional<std::string> decoded_id;
  ClientSecret decoded_secret;
  SentBy by = SentBy::form;
  // Whether the thread may wait for a slow hash (imported_secret.h). Without that, an imported
  // secret that was not used before is refused.
  bool may_wait = true;
};

// The same refusal for every client (RFC 6749 section 5.2).
Error invalid_client();

// Logs what was wrong, and counts it as a guess for the address. `named`: the client, if there is
// one. Returns `refusal`, or `rate_limited`, or the error that prevented the count.
Error record_wrong_client(const Services& s, std::string_view named, std::string_view cause,
                          const Error& refusal, const Origin& origin);

// The program with these credentials. A client that has a secret must bring one that has not ended;
// a public one is known by its id alone. Wrong secrets are counted for the client's address, and
// logged. Errors: `unauthenticated`, "invalid_client", the same for an unknown id, a wrong secret
// and a disabled client; `rate_limited`.
Result<Program> authenticate_client(const Services& s, const ClientCredentials& sent,
                                    const Origin& origin);

}  // namespace authd::auth
