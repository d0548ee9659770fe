#include "auth/oauth/clients/client_admin.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/rounds.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"
#include "config/reading/clients.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr size_t kIdBytes = 9;
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretIdBytes = 6;
constexpr Milliseconds kMinSecretLife = std::chrono::minutes(1);
constexpr Milliseconds kMaxSecretLife = std::chrono::hours(24 * 3650);
constexpr Milliseconds kMaxOverlap = std::chrono::hours(24 * 30);

// Prefixes that a scanner for leaked secrets can look for.
constexpr std::string_view kIdPrefix = "authd_client_";
constexpr std::string_view kSecretPrefix = "authd_secret_";

// The member that says so.
std::string_view secret_field(const tables::Client& client) {
  return client.is_public ? "public" : "token_endpoint_auth_method";
}

Error no_client(std::string_view id) {
  return Error{ErrorCode::not_found, "There is no client \"" + std::string(id) + "\"."};
}

std::string names_of(const std::vector<ClientChange>& changes) {
  return joined(changes, " ", &ClientChange::name);
}

// The client as it would be stored.
Result<MadeClient> made_client(const Services& s, const NewClient& wanted) {
  MadeClient made;
  tables::Client& client = made.client;
  client = TRY(client_with(wanted.members));
  if (!wanted.id.empty()) TRY(check_client_id(wanted.id));
  client.id = wanted.id.empty() ? new_client_id(s) : wanted.id;
  const Time now = s.clock.now();
  client.created_at = now;
  client.updated_at = now;
  if (!takes_secret(client)) {
    if (wanted.secret.empty()) return made;
    return no_secret_needed(client, "client_secret");
  }
  made.secret = TRY(secret_or_new(s, wanted.secret));
  const tables::ClientSecretRow row = secret_row(s, made.secret, Milliseconds(0), now);
  client.secrets = {tables::encode_row(row)};
  return made;
}

Result<void> check_new(store::Reader& tx, const tables::Client& client) {
  if (find_client(tx, client.id)) {
    return refused(ErrorCode::conflict, "client_exists", "There is already such a client.");
  }
  return check_client(tx, client);
}

bool is_switch(const std::vector<ClientChange>& changes) {
  return changes.size() == 1 && changes[0].name == "disabled";
}

// In an emergency, an administrator must not have to wait for a restart.
bool is_stop(const std::vector<ClientChange>& changes) {
  return is_switch(changes) && (changes[0].value == MemberValue(true) ||
                                changes[0].value == MemberValue(std::string("true")));
}

// The document cannot say whether its client is blocked here.
Result<void> check_may_change(const tables::Client& client,
                              const std::vector<ClientChange>& changes) {
  const bool has_document = client.origin == kDocumentOrigin;
  if (has_document ? is_switch(changes) : is_stop(changes)) return {};
  return check_editable(client);
}

// Until now the client managed itself (client_registration.h). It must not undo what an
// administrator does.
void take_over(tables::Client& client) {
  client.registration_hash.clear();
}

// Changes the client in one transaction. `change` gets the row and returns what the audit log says.
template <typename Change>
Result<tables::Client> rewrite(const Services& s, std::string_view id, const Origin& origin,
                               std::string_view action, const Change& change) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Client> {
    std::optional<tables::Client> client = find_client(tx, id);
    if (!client) return no_client(id);
    const std::string detail = TRY(change(tx, *client));
    // Later than before, so that a decision about the former client is noticed (authorization.h).
    client->updated_at = std::max(now, client->updated_at + Milliseconds(1));
    save_client(tx, *client);
    audit(s, tx, origin, {action, std::nullopt, "ok", id, detail}, now);
    return std::move(*client);
  });
}

}  // namespace

std::string new_client_id(const Services& s) {
  return std::string(kIdPrefix) + hex_encode(s.random.bytes(kIdBytes));
}

Result<ClientSecret> secret_or_new(const Services& s, const ClientSecret& brought) {
  if (brought.empty()) {
    return ClientSecret(std::string(kSecretPrefix) +
                        base64url_encode(s.random.bytes(kSecretBytes)));
  }
  if (brought.reveal().size() >= config::kMinClientSecret) {
    return ClientSecret(std::string(brought.reveal()));
  }
  return Error{ErrorCode::invalid,
               "A client secret of your own needs at least 32 characters; or leave it out, and the "
               "server makes one.",
               "client_secret"};
}

tables::ClientSecretRow secret_row(const Services& s, const ClientSecret& secret, Milliseconds life,
                                   Time now) {
  tables::ClientSecretRow row;
  row.id = hex_encode(s.random.bytes(kSecretIdBytes));
  row.hash = crypto::sha256(secret.reveal());
  row.created_at = now;
  if (life > Milliseconds(0)) row.expires_at = now + life;
  return row;
}

tables::ClientSecretRow secret_in(std::string_view bytes) {
  return tables::decode_row<tables::ClientSecretRow>(bytes, "a client's secret");
}

bool has_ended(const tables::ClientSecretRow& row, Time now) {
  return row.expires_at != Time{} && row.expires_at <= now;
}

Result<std::vector<MadeClient>> add_clients(const Services& s, std::span<const NewClient> wanted,
                                            const Origin& origin, size_t& at) {
  at = 0;
  if (wanted.size() > kMaxAddedClients) {
    return Error{ErrorCode::invalid, "At most " + std::to_string(kMaxAddedClients) +
                                         " clients are added at once; use several files."};
  }
  if (TRY(list_clients(s)).size() + wanted.size() > kMaxClients) {
    return Error{ErrorCode::invalid, "There may be at most 1000 clients."};
  }
  std::vector<MadeClient> made;
  for (; at < wanted.size(); ++at) {
    made.push_back(TRY(made_client(s, wanted[at])));
    if (origin.by_api_key && made.back().client.skips_consent) {
      return refused(
          ErrorCode::forbidden, "beyond_api_key",
          "An API key cannot create a client that skips people's consent: sign in to do this.");
    }
    TRY(check_sector_document(s, made.back().client));
  }
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (at = 0; at < made.size(); ++at) {
      const tables::Client& client = made[at].client;
      TRY(check_new(tx, client));
      remove_stale_logo(tx, client);
      save_client(tx, client);
      audit(s, tx, origin, {"client_added", std::nullopt, "ok", client.id}, client.created_at);
    }
    return {};
  }));
  return made;
}

Result<MadeClient> add_client(const Services& s, const NewClient& wanted, const Origin& origin) {
  size_t at = 0;
  std::vector<MadeClient> made = TRY(add_clients(s, {&wanted, 1}, origin, at));
  return std::move(made.front());
}

namespace {

// Fetches the document of the sector, if these changes make it another one. What was proved. The
// transaction decides about the rest.
Result<std::string> prove_sector(const Services& s, std::string_view id,
                                 const std::vector<ClientChange>& changes) {
  using Found = std::optional<tables::Client>;
  const Found before =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Found> { return find_client(tx, id); }));
  if (!before) return no_client(id);
  if (before->configured) return sector_evidence(*before);
  tables::Client after = *before;
  TRY(set_members(after, changes));
  std::string evidence = sector_evidence(after);
  if (evidence != sector_evidence(*before)) TRY(check_sector_document(s, after));
  TRY(prepare_subjects(s, *before, after));
  return evidence;
}

}  // namespace

Result<tables::Client> change_client(const Services& s, std::string_view id,
                                     const std::vector<ClientChange>& changes,
                                     const Origin& origin) {
  return in_rounds([&](Round& round) -> Result<tables::Client> {
    const std::string evidence = TRY(prove_sector(s, id, changes));
    return rewrite(s, id, origin, "client_changed",
                   [&](store::Reader& tx, tables::Client& client) -> Result<std::string> {
                     TRY(check_may_change(client, changes));
                     const tables::Client before = client;
                     TRY(set_members(client, changes));
                     if (!is_switch(changes)) take_over(client);
                     TRY(check_client(tx, client, before));
                     if (sector_evidence(client) != evidence) return round.moved(changing_sector());
                     if (!takes_secret(client)) {
                       client.secrets.clear();
                       client.secret_hash.clear();
                     }
                     return names_of(changes);
                   });
  });
}

Result<void> delete_client(const Services& s, std::string_view id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::Client> client = find_client(tx, id);
    if (!client) return no_client(id);
    TRY(check_not_configured(*client));
    tables::clients.del(tx, id);
    tables::client_logos.del(tx, id);
    audit(s, tx, origin, {"client_removed", std::nullopt, "ok", id}, now);
    return {};
  });
}

Result<MadeSecret> add_secret(const Services& s, std::string_view id, Milliseconds life,
                              const ClientSecret& brought, const Origin& origin) {
  if (life != Milliseconds(0) && (life < kMinSecretLife || life > kMaxSecretLife)) {
    return Error{ErrorCode::invalid, "This must be 0, or from 1m to 3650d.", "expires_in"};
  }
  MadeSecret made;
  made.secret = TRY(secret_or_new(s, brought));
  made.row = secret_row(s, made.secret, life, s.clock.now());
  TRY(rewrite(s, id, origin, "client_secret_added",
              [&](store::Reader&, tables::Client& client) -> Result<std::string> {
                if (!takes_secret(client)) return no_secret_needed(client, secret_field(client));
                take_over(client);
                // Expired ones make room.
                std::erase_if(client.secrets, [&](const std::string& text) {
                  return has_ended(secret_in(text), made.row.created_at);
                });
                if (secrets_of(client).size() >= kMaxClientSecrets) {
                  return refused(ErrorCode::conflict, "too_many_secrets",
                                 "The client already has 10 secrets; revoke one first.");
                }
                client.secrets.push_back(tables::encode_row(made.row));
                return std::string(made.row.id);
              }));
  return made;
}

namespace {

// Each secret ends by `end`, at the latest.
void end_secrets(tables::Client& client, Time end, Time now) {
  std::vector<tables::ClientSecretRow> all = secrets_of(client);
  client.secret_hash.clear();
  client.secrets.clear();
  for (tables::ClientSecretRow& row : all) {
    if (row.expires_at == Time{} || row.expires_at > end) row.expires_at = end;
    if (!has_ended(row, now)) client.secrets.push_back(tables::encode_row(row));
  }
}

}  // namespace

Result<MadeSecret> rotate_secret(const Services& s, std::string_view id, Milliseconds overlap,
                                 const Origin& origin) {
  if (overlap < Milliseconds(0) || overlap > kMaxOverlap) {
    return Error{ErrorCode::invalid, "This must be 0, or at most 30d.", "overlap"};
  }
  const Time now = s.clock.now();
  MadeSecret made;
  made.secret = TRY(secret_or_new(s, ClientSecret("")));
  made.row = secret_row(s, made.secret, Milliseconds(0), now);
  TRY(rewrite(s, id, origin, "client_secret_added",
              [&](store::Reader&, tables::Client& client) -> Result<std::string> {
                if (!takes_secret(client)) return no_secret_needed(client, secret_field(client));
                TRY(check_not_configured(client));
                take_over(client);
                end_secrets(client, now + overlap, now);
                // If there are too many, the oldest makes room: all of them are about to end.
                if (client.secrets.size() >= kMaxClientSecrets)
                  client.secrets.erase(client.secrets.begin());
                client.secrets.push_back(tables::encode_row(made.row));
                return made.row.id + " in place of all others";
              }));
  return made;
}

Result<void> revoke_secret(const Services& s, std::string_view id, std::string_view secret,
                           const Origin& origin) {
  const Time now = s.clock.now();
  TRY(rewrite(s, id, origin, "client_secret_revoked",
              [&](store::Reader&, tables::Client& client) -> Result<std::string> {
                if (secret == kConfiguredSecretId) TRY(check_not_configured(client));
                std::vector<tables::ClientSecretRow> all = secrets_of(client);
                const size_t removed = std::erase_if(
                    all, [&](const tables::ClientSecretRow& row) { return row.id == secret; });
                if (removed == 0) {
                  return Error{ErrorCode::not_found, "The client has no such secret."};
                }
                const bool is_left = std::any_of(
                    all.begin(), all.end(),
                    [&](const tables::ClientSecretRow& row) { return !has_ended(row, now); });
                if (!is_left) {
                  return refused(ErrorCode::conflict, "last_secret",
                                 "This is the only secret of the client. Add another one first, "
                                 "or disable the client.");
                }
                take_over(client);
                if (secret == kFirstSecretId) client.secret_hash.clear();
                std::erase_if(client.secrets, [&](const std::string& text) {
                  return secret_in(text).id == secret;
                });
                return std::string(secret);
              }));
  return {};
}

}  // namespace authd::auth
