#include "auth/oauth/strangers/client_registration.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/limits/allowance.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/strangers/client_count.h"
#include "auth/oauth/strangers/document_clients.h"
#include "auth/oauth/strangers/registration_tokens.h"
#include "auth/oauth/strangers/stranger_metadata.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::Client;

constexpr size_t kIdBytes = 9;
constexpr size_t kAccessBytes = 32;
constexpr std::string_view kAccessPrefix = "authd_registration_access_";
constexpr Milliseconds kDay = std::chrono::hours(24);
constexpr Allowance kOfAddress{"registrations of an address", kMaxRegisteredByAddress, kDay};
constexpr Allowance kOfSite{"registrations of a site", kMaxRegisteredBySite, kDay};
constexpr Allowance kOfAll{"registrations", kMaxRegisteredInAll, kDay};
// Of the sweep, in one transaction.
constexpr size_t kSweepBatch = (tables::kWriteBudget - kOpeningWrites) /
                               (decltype(tables::clients)::kDelWrites +
                                decltype(tables::client_logos)::kDelWrites + kAuditWrites);

std::string bytes_of(const IpAddress& address) {
  return std::string(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
}

// The allowances that a registration without a token uses. The address comes first: one that has
// used up its own must not use up the common one.
std::vector<std::pair<Allowance, std::string>> places_of(const IpAddress& address) {
  constexpr int kSiteBits = 48;
  std::vector<std::pair<Allowance, std::string>> places = {
      {kOfAddress, bytes_of(address.limit_key())}};
  if (!address.is_v4()) places.emplace_back(kOfSite, bytes_of(address.network(kSiteBits)));
  places.emplace_back(kOfAll, "");
  return places;
}

Result<void> take_place(store::WriteTxn& tx, const IpAddress& address, Time now) {
  for (const auto& [allowance, whose] : places_of(address))
    TRY(take_one(tx, allowance, whose, now));
  return {};
}

Result<void> check_place(store::Reader& tx, const IpAddress& address, Time now) {
  for (const auto& [allowance, whose] : places_of(address))
    TRY(check_one(tx, allowance, whose, now));
  return {};
}

Error wrong_token() {
  return refused(ErrorCode::unauthenticated, "invalid_token",
                 "The registration access token is wrong, an administrator has changed the client "
                 "since, or the client does not exist.");
}

Error wrong(std::string field, std::string message) {
  return Error{ErrorCode::malformed, field + ": " + std::move(message), field,
               std::string(kInvalidMetadata)};
}

Result<void> check_open(const Services& s, std::string_view token) {
  switch (s.config.provider.registration) {
    case config::Registration::off:
      return refused(ErrorCode::not_found, "not_found",
                     "This server does not register clients by program.");
    case config::Registration::open: return {};
    case config::Registration::token:
      if (!token.empty()) return {};
      return Error{ErrorCode::unauthenticated,
                   "An initial access token is needed (Authorization: Bearer …)."};
  }
  __builtin_unreachable();
}

Result<void> check_room(store::ReadTxn& tx) {
  const bool has_room = count_clients(tx, kRegisteredIdPrefix) < kMaxRegisteredClients &&
                        count_clients(tx, "") < kMaxClients;
  if (has_room) return {};
  return refused(ErrorCode::conflict, "too_many_clients",
                 "Too many clients are registered here. An administrator can remove some.");
}

// Before anything is fetched for it. The transaction that registers decides.
Result<void> check_may_register(const Services& s, std::string_view token, const IpAddress& address,
                                Time now) {
  TRY(check_open(s, token));
  return s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    if (token.empty())
      TRY(check_place(tx, address, now));
    else
      TRY(check_registration_token(tx, token, now));
    return check_room(tx);
  });
}

// A new secret, if the client needs one and has none. One that needs none loses what it had.
Result<ClientSecret> settle_secret(const Services& s, Client& client, Time now) {
  if (!takes_secret(client)) {
    client.secrets.clear();
    client.secret_hash.clear();
    return ClientSecret("");
  }
  if (!secrets_of(client).empty()) return ClientSecret("");
  ClientSecret secret = TRY(secret_or_new(s, ClientSecret("")));
  client.secrets = {tables::encode_row(secret_row(s, secret, Milliseconds(0), now))};
  return secret;
}

std::optional<Client> find_by_token(store::Reader& tx, std::string_view id,
                                    std::string_view token) {
  std::optional<Client> client = find_client(tx, id);
  const std::string hash = crypto::sha256(token);
  const bool is_its = client && is_registered(*client) && !client->disabled &&
                      equal_constant_time(client->registration_hash, hash);
  if (!is_its) client.reset();
  return client;
}

// What must be the client's own if the request names it (RFC 7592 section 2.2).
Result<void> check_named(const Client& client, const JsonObject& metadata, Time now) {
  const auto id = metadata.optional_string("client_id");
  if (!id || !*id || **id != client.id)
    return wrong("client_id", "This must be the id of the client itself.");
  const auto sent = metadata.optional_string("client_secret");
  if (!sent) return wrong("client_secret", "This must be a text.");
  if (!*sent) return {};
  const std::string hash = crypto::sha256(**sent);
  const std::vector<tables::ClientSecretRow> all = secrets_of(client);
  const bool is_its = std::any_of(all.begin(), all.end(), [&](const auto& row) {
    return equal_constant_time(row.hash, hash) && !has_ended(row, now);
  });
  if (is_its) return {};
  return wrong("client_secret", "A client cannot choose its secret.");
}

// The document of its sector, if it has become another one.
Result<void> prove_sector(const Services& s, const Client& before, const Client& after) {
  if (sector_evidence(before) == sector_evidence(after)) return {};
  if (const Result<void> is_right = check_members(after); !is_right)
    return metadata_error(is_right.error());
  const Result<void> is_proved = check_sector_document(s, after);
  return is_proved ? Result<void>() : metadata_error(is_proved.error());
}

// Nobody has signed in in time with a client that anybody could register, or nobody has a living
// grant of a document any more: each use of a refresh token is a use of its client.
bool is_over(const config::Config& config, const Client& client, Time now) {
  if (client.origin == kRegisteredOrigin) {
    return client.last_used == Time{} && client.created_at + kUnusedClientLife <= now;
  }
  if (client.origin != kDocumentOrigin || client.disabled) return false;
  const Time used = std::max(client.last_used, client.created_at);
  return used + std::max(kUnusedDocumentLife, refresh_life(config, client)) + kUseStep <= now;
}

}  // namespace

Result<RegisteredClient> register_client(const Services& s, const JsonObject& metadata,
                                         std::string_view token, const Origin& origin) {
  const Time now = s.clock.now();
  TRY(check_may_register(s, token, origin.address, now));
  RegisteredClient made;
  made.client.origin = token.empty() ? kRegisteredOrigin : kTokenOrigin;
  TRY(set_strangers_metadata(made.client, metadata));
  const std::string access =
      std::string(kAccessPrefix) + base64url_encode(s.random.bytes(kAccessBytes));
  made.access = OneTimeSecret(access);
  made.client.id = std::string(kRegisteredIdPrefix) + hex_encode(s.random.bytes(kIdBytes));
  made.client.registration_hash = crypto::sha256(access);
  made.client.created_at = now;
  made.client.updated_at = now;
  TRY(prove_sector(s, Client{}, made.client));
  made.secret = TRY(settle_secret(s, made.client, now));
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::string by_whom = "open";
    if (token.empty())
      TRY(take_place(tx, origin.address, now));
    else
      by_whom = "token " + TRY(use_registration_token(tx, token, now));
    if (const Result<void> is_right = check_client(tx, made.client); !is_right)
      return metadata_error(is_right.error());
    save_client(tx, made.client);
    audit(s, tx, origin, {"client_registered", std::nullopt, "ok", made.client.id, by_whom}, now);
    return {};
  }));
  return made;
}

Result<RegisteredClient> find_registered(const Services& s, std::string_view id,
                                         std::string_view token) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<RegisteredClient> {
    std::optional<Client> client = find_by_token(tx, id, token);
    if (!client) return wrong_token();
    RegisteredClient found;
    found.client = std::move(*client);
    return found;
  });
}

Result<RegisteredClient> change_registered(const Services& s, std::string_view id,
                                           std::string_view token, const JsonObject& metadata,
                                           const Origin& origin) {
  const Time began = s.clock.now();
  // The secret is made before the transaction, which may run again: it is of a copy of the row.
  RegisteredClient changed = TRY(find_registered(s, id, token));
  const Client before = changed.client;
  TRY(check_named(before, metadata, began));
  TRY(set_strangers_metadata(changed.client, metadata));
  changed.secret = TRY(settle_secret(s, changed.client, began));
  TRY(prove_sector(s, before, changed.client));
  TRY(prepare_subjects(s, before, changed.client));
  // Only now: while the document of the sector was fetched, people may have entered the client.
  const Time now = s.clock.now();
  changed.client.updated_at = std::max(now, before.updated_at + Milliseconds(1));
  changed.client = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<Client> {
    const std::optional<Client> row = find_by_token(tx, id, token);
    if (!row) return wrong_token();
    if (row->updated_at != before.updated_at) {
      return refused(ErrorCode::conflict, "client_changed",
                     "The client has just changed; read it again.");
    }
    Client written = changed.client;
    written.last_used = row->last_used;
    // One that nobody has used has no grants that could end, and is swept in time all the same.
    if (changes_subjects(before, written) && written.last_used != Time{})
      written.created_at = std::max(now, before.created_at + Milliseconds(1));
    if (const Result<void> is_right = check_client(tx, written, before); !is_right)
      return metadata_error(is_right.error());
    save_client(tx, written);
    audit(s, tx, origin, {"client_registration_changed", std::nullopt, "ok", written.id}, now);
    return written;
  }));
  return changed;
}

Result<void> delete_registered(const Services& s, std::string_view id, std::string_view token,
                               const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (!find_by_token(tx, id, token)) return wrong_token();
    tables::clients.del(tx, id);
    tables::client_logos.del(tx, id);
    audit(s, tx, origin, {"client_removed", std::nullopt, "ok", id, "registration"}, now);
    return {};
  });
}

Result<SweptClients> sweep_strangers(const Services& s, Time now) {
  std::vector<Client> over = TRY(list_clients(s));
  std::erase_if(over, [&](const Client& one) { return !is_over(s.config, one, now); });
  SweptClients swept;
  swept.more = over.size() > kSweepBatch;
  if (swept.more) over.resize(kSweepBatch);
  if (over.empty()) return swept;
  swept.removed = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    size_t count = 0;
    for (const Client& one : over) {
      const std::optional<Client> row = find_client(tx, one.id);
      if (!row || !is_over(s.config, *row, now)) continue;
      tables::clients.del(tx, one.id);
      tables::client_logos.del(tx, one.id);
      audit(s, tx, Origin{}, {"client_swept", std::nullopt, "ok", one.id}, now);
      count += 1;
    }
    return count;
  }));
  return swept;
}

}  // namespace authd::auth
