#include "auth/oauth/clients/clients.h"

#include "auth/core/limits/attempts.h"
#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/imported_secret.h"
#include "auth/oauth/clients/refused_client.h"
#include "auth/oauth/protocol/document_address.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

// Whether the text is one of the secrets that have not ended. It compares with all of them, so that
// the time does not tell which one is nearly right.
bool is_secret_of(const tables::Client& client, const ClientSecret& text, Time now) {
  if (text.empty()) return false;
  const std::string presented = crypto::sha256(text.reveal());
  bool is_one = false;
  for (const tables::ClientSecretRow& secret : secrets_of(client)) {
    const bool is_over = secret.expires_at != Time{} && secret.expires_at <= now;
    if (equal_constant_time(presented, secret.hash) && !is_over) is_one = true;
  }
  return is_one;
}

bool may_authenticate_by(const tables::Client& client, SentBy by) {
  if (client.auth_method.empty()) return true;
  return client.auth_method == (by == SentBy::header ? kBasicAuth : kPostAuth);
}

bool are_right(const config::Config& config, const tables::Client& client,
               const ClientCredentials& sent, Time now) {
  if (!is_enabled(config, client)) return false;
  // A public client may send an empty secret (oidc-agent does), but no other.
  if (client.is_public) return sent.secret.empty();
  if (!may_authenticate_by(client, sent.by)) return false;
  return is_secret_of(client, sent.secret, now) || is_secret_of(client, sent.decoded_secret, now);
}

// Whether one of the client's secrets is to be looked at as the system hashed it that it comes
// from. Only such clients have a check that takes long; which ones they are is no secret.
bool needs_slow_check(const tables::Client& client, const ClientCredentials& sent, Time now) {
  return sent.may_wait && !sent.secret.empty() && !client.disabled && !client.is_public &&
         may_authenticate_by(client, sent.by) && has_imported_secret(client, now);
}

// A client with an unknown secret, for equal work.
const tables::Client& nobody() {
  static const tables::Client client = [] {
    tables::Client made;
    made.secret_hash = std::string(crypto::kSha256Bytes, '\0');
    return made;
  }();
  return client;
}

void note_wrong_client(const Services& s, std::string_view named, std::string_view cause,
                       const Error& refusal, const Origin& origin) {
  s.log.warn("client not authenticated", {{"request_id", origin.request_id},
                                          {"client_id", named},
                                          {"client", origin.address.to_string()},
                                          {"cause", cause}});
  if (!named.empty()) note_refusal(s, named, "", refusal, origin.request_id);
}

// Who sent credentials, and whether they are right; if not, the row may be an old one
// (store/store.h).
struct Sender {
  std::optional<tables::Client> client;
  bool is_right = false;
};
bool says_no(const Sender& sender) {
  return !sender.is_right;
}

std::optional<tables::Client> find_sender(store::Reader& tx, const ClientCredentials& sent) {
  std::optional<tables::Client> client = find_client(tx, sent.id);
  if (!client && sent.decoded_id) client = find_client(tx, *sent.decoded_id);
  return client;
}

}  // namespace

std::optional<tables::Client> find_client(store::Reader& tx, std::string_view id) {
  if (id.empty() || id.size() > kMaxClientKey) return std::nullopt;
  return tables::clients.find(tx, id);
}

Result<tables::Client> get_client(store::Reader& tx, std::string_view id) {
  std::optional<tables::Client> client = find_client(tx, id);
  if (!client) return Error{ErrorCode::not_found, "There is no such client."};
  return std::move(*client);
}

Result<tables::Client> get_client(const Services& s, std::string_view id) {
  return s.store.read([&](store::ReadTxn& tx) { return get_client(tx, id); });
}

void save_client(store::WriteTxn& tx, const tables::Client& client) {
  note_receiver(tx, client);
  tables::clients.put(tx, client);
}

Result<std::vector<tables::Client>> list_clients(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<std::vector<tables::Client>> {
    std::vector<tables::Client> found;
    tables::clients.scan(tx, "", "", [&](std::string_view, tables::Client client) {
      found.push_back(std::move(client));
      return true;
    });
    return found;
  });
}

bool is_enabled(const config::Config& config, const tables::Client& client) {
  if (client.disabled) return false;
  return client.origin != kDocumentOrigin || admits_document(config.provider, client.id);
}

bool has_grant_type(const tables::Client& client, std::string_view grant_type) {
  return contains(client.grant_types, grant_type);
}

std::vector<std::string> allowed_scopes(const tables::Client& client) {
  if (!client.scopes.empty()) return client.scopes;
  return {kStandardScopes.begin(), kStandardScopes.end()};
}

void note_client_use(store::WriteTxn& tx, std::string_view id, Time now) {
  std::optional<tables::Client> client = find_client(tx, id);
  if (!client || (client->last_used <= now && now < client->last_used + kUseStep)) return;
  client->last_used = now;
  tables::clients.put(tx, *client);
}

std::vector<tables::ClientSecretRow> secrets_of(const tables::Client& client) {
  std::vector<tables::ClientSecretRow> all;
  if (!client.secret_hash.empty()) {
    all.push_back({std::string(kFirstSecretId), client.secret_hash, client.created_at, Time{}, {}});
  }
  for (const std::string& bytes : client.secrets)
    all.push_back(tables::decode_row<tables::ClientSecretRow>(bytes, "a client's secret"));
  return all;
}

bool is_bookmark(const tables::Client& client) {
  return client.is_public && client.grant_types.empty() && !client.client_uri.empty();
}

Result<void> check_not_configured(const tables::Client& client) {
  if (!client.configured) return {};
  return refused(ErrorCode::conflict, "configured_client",
                 "This client comes from the configuration of the server (clients." + client.id +
                     "): change it there, and restart the server.");
}

bool takes_secret(const tables::Client& client) {
  return !client.is_public && client.auth_method != kPrivateKeyAuth;
}

Error no_secret_needed(const tables::Client& client, std::string_view field) {
  return Error{ErrorCode::invalid,
               client.is_public ? "A public client has no secret."
                                : "This client has no secret: it signs with its keys "
                                  "(private_key_jwt).",
               std::string(field)};
}

Result<void> check_editable(const tables::Client& client) {
  TRY(check_not_configured(client));
  if (client.origin != kDocumentOrigin) return {};
  return refused(ErrorCode::conflict, "document_client",
                 "This client is defined by the document at its id. Here it can only be disabled, "
                 "enabled and deleted.");
}

Error invalid_client() {
  return refused(ErrorCode::unauthenticated, "invalid_client",
                 "The client id or the client secret is wrong.");
}

Error record_wrong_client(const Services& s, std::string_view named, std::string_view cause,
                          const Error& refusal, const Origin& origin) {
  note_wrong_client(s, named, cause, refusal, origin);
  const Result<Attempt> attempt = Attempt::from_address(s, origin);
  if (!attempt) return attempt.error();
  return record_failure(s, *attempt, origin, {"client_refused", std::nullopt, "refused", named},
                        refusal);
}

Result<Program> authenticate_client(const Services& s, const ClientCredentials& sent,
                                    const Origin& origin) {
  const Time now = s.clock.now();
  auto [client, is_right] = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Sender> {
    Sender found{find_sender(tx, sent)};
    // The same work for an id that nobody has.
    found.is_right = are_right(s.config, found.client ? *found.client : nobody(), sent, now);
    return found;
  }));
  if (client && is_right) return Program{std::move(*client)};
  std::optional<Attempt> attempt;
  if (client && needs_slow_check(*client, sent, now)) {
    // Before the hash: an address that has failed too often causes no more work.
    attempt.emplace(TRY(Attempt::from_address(s, origin)));
    const auto texts = {&sent.secret, &sent.decoded_secret};
    if (TRY(check_imported_secrets(s, *client, texts, now))) return Program{std::move(*client)};
  }
  const std::string_view named = client ? std::string_view(client->id) : std::string_view();
  const bool is_unchecked = client && !sent.may_wait && has_imported_secret(*client, now);
  note_wrong_client(s, named,
                    is_unchecked
                        ? "its imported secret is valid here once it has obtained a token with it"
                        : "the secret is wrong, missing, or not sent as registered",
                    invalid_client(), origin);
  // Without a credential, nothing was guessed.
  if (sent.secret.empty()) return invalid_client();
  // Only now: what many requests of one right client begin at once must not count as guesses.
  if (!attempt) attempt.emplace(TRY(Attempt::from_address(s, origin)));
  return record_failure(s, *attempt, origin, {"client_refused", std::nullopt, "refused", named},
                        invalid_client());
}

}  // namespace authd::auth
