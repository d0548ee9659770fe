#include "auth/oauth/clients/pairwise.h"

#include <algorithm>
#include <array>

#include "auth/core/sealing.h"
#include "auth/core/subject.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "base/encoding.h"
#include "base/ip_address.h"
#include "base/json.h"
#include "base/refusal.h"
#include "base/text.h"
#include "base/uuid.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::Client;

constexpr std::string_view kKeyName = "pairwise";
constexpr std::string_view kContext = "server_secret/pairwise";
constexpr size_t kKeyBytes = 32;
constexpr size_t kUuidBytes = 16;
constexpr std::string_view kField = "sector_identifier_uri";
constexpr int kOk = 200;

Error wrong(std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(kField)};
}

Result<SecretKey> opened(const Services& s, const tables::ServerSecret& row) {
  std::optional<std::string> key = s.master_key.open(row.sealed, kContext);
  if (key) return SecretKey(std::move(*key));
  s.log.error("the master key does not open the key of pairwise subjects", {});
  return Error{ErrorCode::unavailable, "The server cannot read its own keys; see its log."};
}

using Row = std::optional<tables::ServerSecret>;

Result<Row> find_row(const Services& s) {
  return s.store.read(
      [](store::ReadTxn& tx) -> Result<Row> { return tables::server_secrets.find(tx, kKeyName); });
}

// Stores the key unless there is one. The row that is there then.
Result<tables::ServerSecret> put_row(const Services& s, std::string_view key) {
  tables::ServerSecret made;
  made.name = kKeyName;
  made.sealed = s.master_key.seal(key, kContext, s.random);
  made.created_at = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::ServerSecret> {
    // Another process may have been faster; then its key counts.
    if (Row other = tables::server_secrets.find(tx, kKeyName)) return std::move(*other);
    tables::ServerSecret row = made;
    row.sealed = sealed_now(s, tx, row.sealed, kContext);
    tables::server_secrets.put(tx, kKeyName, row);
    return row;
  });
}

// It is made when the first subject is needed, if not before (prepare_subjects()).
Result<SecretKey> pairwise_key(const Services& s) {
  const Row row = TRY(find_row(s));
  if (row) return opened(s, *row);
  return opened(s, TRY(put_row(s, s.random.bytes(kKeyBytes))));
}

// As a UUID of version 8, which is for such values (RFC 9562 section 5.8).
std::string as_uuid(std::string bytes) {
  bytes.resize(kUuidBytes);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return uuid_text(bytes);
}

// Of a web address, without the port; empty for an address without a host.
std::string host_of(std::string_view uri) {
  const size_t at = uri.find("://");
  if (at == std::string_view::npos) return "";
  const std::string_view rest = uri.substr(at + 3);
  return lower(without_port(rest.substr(0, rest.find_first_of("/?#"))));
}

// Whether nothing proves that its tokens reach whoever has control of the redirect addresses.
bool is_own_sector(const Client& client) {
  const std::vector<std::string>& uris = client.redirect_uris;
  if (client.origin == kDocumentOrigin || has_grant_type(client, kDeviceGrant)) return true;
  if (std::all_of(uris.begin(), uris.end(), &is_unprovable)) return true;
  // The document of a sector may list such an address, and it receives the tokens of any client.
  return is_strangers(client) && std::any_of(uris.begin(), uris.end(), &is_unprovable);
}

Result<void> check_sector_address(const Client& client) {
  const std::string& uri = client.sector_identifier_uri;
  if (uri.empty()) return {};
  if (!fetch::is_allowed_url(uri) || !check_redirect_uri(uri, kField)) {
    return wrong(
        "This must be an https address without a fragment, such as "
        "https://app.example.org/sector.json. http is only for programs on this server's machine.");
  }
  if (!has_grant_type(client, kCodeGrant)) {
    return wrong("A sector is for clients that sign people in at redirect addresses.");
  }
  if (!has_grant_type(client, kDeviceGrant)) return {};
  return wrong(
      "A client with the device grant is a sector of its own: its tokens do not go to its redirect "
      "addresses.");
}

// The redirect URIs that a document lists. Errors: of parsing.
Result<std::vector<std::string>> uris_in(const std::string& document) {
  constexpr JsonLimits kLimits{.max_bytes = kMaxSectorDocument + 100, .max_depth = 4};
  // The reader knows only objects.
  const JsonObject json = TRY(JsonObject::parse("{\"uris\":" + document + "}", kLimits));
  return TRY(json.optional_strings("uris")).value_or(std::vector<std::string>{});
}

Result<void> check_reply(const Client& client, const fetch::Reply& reply) {
  if (reply.status != kOk) {
    return wrong("The document there cannot be read: the server answers with the status " +
                 std::to_string(reply.status) + ".");
  }
  const Result<std::vector<std::string>> listed = uris_in(reply.body);
  if (!listed) return wrong("The document there is not a JSON array of redirect addresses.");
  for (const std::string& uri : client.redirect_uris) {
    if (contains(*listed, uri)) continue;
    return wrong("The document there does not list the redirect address " + uri.substr(0, 200) +
                 " (OpenID Connect Core section 8.1).");
  }
  return {};
}

Result<fetch::Reply> fetch_document(fetch::Client& remote, const config::Config& config,
                                    const Client& client) {
  fetch::Request request;
  request.url = client.sector_identifier_uri;
  request.headers = {"Accept: application/json"};
  request.timeout = kSectorTimeout;
  request.max_bytes = kMaxSectorDocument;
  limit_reach(request, config, client);
  return remote.send(request);
}

}  // namespace

Result<std::string> subject_for(const Services& s, const Client& client, std::string_view subject) {
  if (!client.is_pairwise) return std::string(subject);
  const SecretKey key = TRY(pairwise_key(s));
  const std::string what = sector_of(client) + '\0' + std::string(subject);
  return as_uuid(crypto::hmac_sha256(key.reveal(), what));
}

Result<std::string> subject_for(const Services& s, const Client& client, const tables::User& user) {
  return subject_for(s, client, subject_of(user));
}

Result<bool> means_person(const Services& s, const Client& client, const tables::User& user,
                          std::string_view sub) {
  if (sub == subject_of(user)) return true;
  return sub == TRY(subject_for(s, client, user));
}

// No host has a colon, except an address in brackets.
std::string sector_of(const Client& client) {
  if (is_own_sector(client)) return "client:" + client.id;
  if (!client.sector_identifier_uri.empty()) return host_of(client.sector_identifier_uri);
  return host_of(client.redirect_uris.front());
}

bool changes_subjects(const Client& before, const Client& after) {
  if (!before.is_pairwise || !after.is_pairwise) return before.is_pairwise != after.is_pairwise;
  return sector_of(before) != sector_of(after);
}

Result<void> prepare_subjects(const Services& s, const Client& before, const Client& after) {
  if (before.is_pairwise || !after.is_pairwise) return {};
  TRY(pairwise_key(s));
  return {};
}

Result<void> check_sector(const Client& client) {
  TRY(check_sector_address(client));
  if (!client.is_pairwise || !client.sector_identifier_uri.empty() || is_own_sector(client)) {
    return {};
  }
  const std::string host = sector_of(client);
  const bool is_one = std::all_of(
      client.redirect_uris.begin(), client.redirect_uris.end(),
      [&](const std::string& uri) { return !is_unprovable(uri) && host_of(uri) == host; });
  if (is_one) return {};
  return wrong(
      "The redirect addresses are not all on one host, so a pairwise client needs the address of a "
      "document that lists them (OpenID Connect Core section 8.1).");
}

std::string sector_evidence(const Client& client) {
  if (client.sector_identifier_uri.empty()) return "";
  return client.sector_identifier_uri + " " + joined(client.redirect_uris, " ");
}

Error changing_sector() {
  return Error{ErrorCode::unavailable,
               "Somebody else is changing the addresses of this client; try again."};
}

Result<void> check_sector_document(const Services& s, const Client& client) {
  if (client.sector_identifier_uri.empty()) return {};
  if (!is_strangers(client)) return check_sector_document(s.oauth.remote, s.config, client);
  // Strangers must occupy neither all threads nor the places of people who are signing in.
  const auto permit = TRY(s.oauth.sectors.enter());
  return check_sector_document(s.oauth.remote, s.config, client);
}

Result<void> check_sector_document(fetch::Client& remote, const config::Config& config,
                                   const Client& client) {
  if (client.sector_identifier_uri.empty()) return {};
  TRY(check_sector_address(client));
  const Result<fetch::Reply> reply = fetch_document(remote, config, client);
  if (reply) return check_reply(client, *reply);
  // Strangers must not learn what this server can reach.
  const std::string cause = is_strangers(client) ? std::string() : ": " + reply.error().message;
  return wrong("The document there cannot be fetched" + cause + ".");
}

Result<SecretKey> find_pairwise_key(const Services& s) {
  const Row row = TRY(find_row(s));
  return row ? opened(s, *row) : Result<SecretKey>(SecretKey(""));
}

Result<bool> take_pairwise_key(const Services& s, const SecretKey& key) {
  if (key.reveal().size() != kKeyBytes) {
    return Error{ErrorCode::invalid, "this is not a key of 32 bytes"};
  }
  const bool was_there = TRY(find_row(s)).has_value();
  const SecretKey there = TRY(opened(s, TRY(put_row(s, key.reveal()))));
  if (equal_constant_time(there.reveal(), key.reveal())) return !was_there;
  return refused(ErrorCode::conflict, "other_pairwise_key",
                 "this server has another key for the subjects of pairwise clients");
}

}  // namespace authd::auth
