#include "auth/oauth/clients/configured_clients.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/logo_file.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_members.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "base/file.h"
#include "base/text.h"
#include "config/reading/clients.h"
#include "crypto/digest.h"
#include "tables/roles.h"

namespace authd::auth {
namespace {

using config::ConfiguredClient;
using tables::Client;

constexpr std::string_view kDetail = "configuration";
constexpr size_t kMaxSecretFile = 4096;

// What the configuration says of a client.
struct Declared {
  Client client;
  ClientSecret secret;
  std::optional<tables::Avatar> logo;  // nullopt: its file cannot be decoded now
};

// The field of a client's error becomes the key.
Error at_key(const ConfiguredClient& client, Error error) {
  const std::string member = error.field.empty() ? "name" : error.field;
  error.field = std::string(config::kClientsSection) + "." + client.id + "." + member;
  return error;
}

Result<Client> members_of(const ConfiguredClient& wanted) {
  std::vector<ClientChange> changes;
  for (const auto& [name, value] : wanted.members)
    changes.push_back({name, value});
  if (!wanted.members.contains("name")) changes.push_back({"name", wanted.id});
  TRY(check_client_id(wanted.id));
  Client client = TRY(client_with(changes));
  client.id = wanted.id;
  client.configured = true;
  TRY(check_members(client));
  const bool has_secret = !wanted.secret.empty() || !wanted.secret_file.empty();
  if (takes_secret(client) || !has_secret) return client;
  return no_secret_needed(client, wanted.secret.empty() ? "secret_file" : "secret");
}

// What the row has and the configuration does not say.
void keep_of_row(Client& client, const Client& row) {
  client.created_at = row.created_at;
  client.updated_at = row.updated_at;
  client.last_used = row.last_used;
  client.unknown = row.unknown;
  if (!takes_secret(client)) return;
  client.secret_hash = row.secret_hash;
  client.secrets = row.secrets;
}

// The secret of the configuration stays in its place if it is the same.
void put_secret(Client& client, const ClientSecret& secret, Time now) {
  tables::ClientSecretRow made;
  made.id = kConfiguredSecretId;
  made.created_at = now;
  if (!secret.empty()) made.hash = crypto::sha256(secret.reveal());
  bool is_there = secret.empty();
  std::erase_if(client.secrets, [&](const std::string& bytes) {
    const auto one = tables::decode_row<tables::ClientSecretRow>(bytes, "a client's secret");
    if (one.id != kConfiguredSecretId) return false;
    const bool is_same = !secret.empty() && one.hash == made.hash;
    is_there = is_there || is_same;
    return !is_same;
  });
  if (!is_there) client.secrets.push_back(tables::encode_row(made));
}

// The row that the client becomes; nullopt if it is that already.
std::optional<Client> changed_row(const Declared& declared, const std::optional<Client>& row,
                                  Time now) {
  Client client = declared.client;
  if (declared.logo) client.logo_version = declared.logo->version;
  if (row) {
    keep_of_row(client, *row);
    if (!declared.logo) client.logo_version = row->logo_version;
  } else {
    client.created_at = now;
    client.updated_at = now;
  }
  put_secret(client, declared.secret, now);
  if (!row) return client;
  if (tables::encode_row(client) == tables::encode_row(*row)) return std::nullopt;
  client.updated_at = std::max(now, row->updated_at + Milliseconds(1));
  return client;
}

// A misspelt role lets nobody in. It is not an error, because a first start has only the default
// roles.
void tell_missing(const Services& s, store::Reader& tx, const Client& client) {
  for (const std::string& role : client.roles) {
    if (tables::find_role_by_name(tx, role)) continue;
    s.log.warn("a client of the configuration names a role that does not exist: authd role add",
               {{"client", client.id}, {"role", role}});
  }
  for (const std::string& resource : client.resources) {
    if (tables::resources.find(tx, resource)) continue;
    s.log.warn(
        "a client of the configuration names a resource that does not exist: authd resource add",
        {{"client", client.id}, {"resource", resource}});
  }
}

Result<void> store_client(const Services& s, const Declared& declared) {
  const Client& client = declared.client;
  const Time now = s.clock.now();
  using Row = std::optional<Client>;
  const Row seen = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Row> {
    tell_missing(s, tx, client);
    return find_client(tx, client.id);
  }));
  if (!changed_row(declared, seen, now)) return {};
  if (!seen && TRY(list_clients(s)).size() >= kMaxClients) {
    return Error{ErrorCode::invalid, "There may be at most 1000 clients."};
  }
  if (seen) TRY(prepare_subjects(s, *seen, client));
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const Row row = find_client(tx, client.id);
    Row next = changed_row(declared, row, now);
    if (!next) return {};
    if (!row || row->logo_version != next->logo_version)
      put_client_logo(tx, *next, declared.logo.value_or(tables::Avatar{}));
    save_client(tx, *next);
    audit(s, tx, Origin{},
          {row ? "client_changed" : "client_added", std::nullopt, "ok", client.id,
           std::string(kDetail)},
          now);
    return {};
  }));
  s.log.info("stored a client of the configuration", {{"client", client.id}});
  return {};
}

Result<void> release(const Services& s, const std::string& id) {
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<Client> row = find_client(tx, id);
    if (!row || !row->configured) return {};
    row->configured = false;
    row->disabled = true;
    row->updated_at = std::max(now, row->updated_at + Milliseconds(1));
    save_client(tx, *row);
    audit(s, tx, Origin{}, {"client_changed", std::nullopt, "ok", id, std::string(kDetail)}, now);
    return {};
  }));
  s.log.warn(
      "a client is no longer in the configuration, so it is disabled: put it back, or delete it "
      "(authd client delete)",
      {{"client", id}});
  return {};
}

// nullopt if it cannot be decoded now: the one that is stored stays.
Result<std::optional<tables::Avatar>> logo_of(const Services& s, const ConfiguredClient& client) {
  if (client.logo_file.empty()) return std::optional(tables::Avatar{});
  const std::string key = std::string(config::kClientsSection) + "." + client.id + ".logo_file";
  auto jpeg = TRY(read_logo_file(s, key, client.logo_file));
  if (!jpeg) return std::optional<tables::Avatar>();
  return std::optional(client_logo_of(std::move(*jpeg), s.clock.now()));
}

// Why a file of a secret cannot be read, without its name: that is the secret itself if somebody
// took `secret_file` for `secret`.
std::string nameless(const Error& error) {
  if (error.code == ErrorCode::too_large) {
    return "the file is larger than " + std::to_string(kMaxSecretFile) + " bytes";
  }
  // The system's reason comes last (base/file.h).
  const size_t at = error.message.rfind(": ");
  return "the file cannot be read" + (at == std::string::npos ? "" : error.message.substr(at));
}

Result<Declared> declared_by(const Services& s, const ConfiguredClient& one) {
  Result<Client> client = members_of(one);
  if (!client) return at_key(one, client.error());
  // By themselves: g++ 12 does not destroy the members before a TRY that returns.
  auto secret = TRY(configured_secret(one));
  auto logo = TRY(logo_of(s, one));
  return Declared{std::move(*client), std::move(secret), std::move(logo)};
}

}  // namespace

std::vector<Error> configured_client_problems(const std::vector<ConfiguredClient>& clients) {
  std::vector<Error> problems;
  for (const ConfiguredClient& client : clients) {
    const Result<Client> made = members_of(client);
    if (!made) problems.push_back(at_key(client, made.error()));
  }
  return problems;
}

Result<ClientSecret> configured_secret(const ConfiguredClient& client) {
  if (client.secret_file.empty()) return ClientSecret(client.secret);
  const auto wrong = [&](std::string message) {
    return at_key(client, Error{ErrorCode::invalid, std::move(message), "secret_file"});
  };
  Result<std::string> text = read_file(client.secret_file, kMaxSecretFile);
  if (!text) return wrong(nameless(text.error()));
  const std::string_view secret = trimmed(*text, "\r\n");
  if (secret.size() < config::kMinClientSecret) {
    return wrong(client.secret_file + ": a client secret has at least 32 characters");
  }
  return ClientSecret(std::string(secret));
}

Result<void> apply_configured_clients(const Services& s, Missing missing) {
  const std::vector<ConfiguredClient>& wanted = s.config.clients;
  // All are looked at before one is stored.
  std::vector<Declared> declared;
  for (const ConfiguredClient& one : wanted)
    declared.push_back(TRY(declared_by(s, one)));
  for (const Declared& one : declared)
    TRY(store_client(s, one));
  for (const Client& client : TRY(list_clients(s))) {
    const bool is_declared =
        std::any_of(wanted.begin(), wanted.end(),
                    [&](const ConfiguredClient& one) { return one.id == client.id; });
    if (!client.configured || is_declared) continue;
    if (missing == Missing::end) {
      TRY(release(s, client.id));
    } else {
      s.log.warn("a client of the configuration stays as it is, because no configuration was read",
                 {{"client", client.id}});
    }
  }
  return {};
}

}  // namespace authd::auth
