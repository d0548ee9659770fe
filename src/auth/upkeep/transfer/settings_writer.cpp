#include "auth/upkeep/transfer/settings_writer.h"

#include <set>
#include <utility>

#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/imported_secret.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "crypto/digest.h"
#include "tables/roles.h"

namespace authd::auth::transfer {
namespace {

Error wrong(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

constexpr size_t kMaxSecretId = 64;  // bytes

// A client without any secret is allowed: the configuration may declare one.
Result<void> check_secrets(const tables::Client& client) {
  const std::vector<tables::ClientSecretRow> all = secrets_of(client);
  if (!takes_secret(client) && !all.empty()) {
    return wrong("a client that is public, or signs with its keys, has no secret");
  }
  std::set<std::string_view> ids;
  for (const tables::ClientSecretRow& secret : all) {
    const bool is_imported = secret.id != kFirstSecretId && is_importable_hash(secret.hash);
    if (secret.hash.size() != crypto::kSha256Bytes && !is_imported) {
      return wrong("the hash of a secret is not a SHA-256 hash");
    }
    if (secret.id.empty() || secret.id.size() > kMaxSecretId) {
      return wrong("the id of a secret does not have 1 to 64 bytes");
    }
    if (!ids.insert(secret.id).second) return wrong("two secrets have the same id");
  }
  ids.erase(kConfiguredSecretId);  // It comes on top of those that administrators add.
  if (ids.size() > kMaxClientSecrets) return wrong("the client has more than 10 secrets");
  return {};
}

// Ids and hashes. Servers that declare the same secret do so at different times.
std::set<std::pair<std::string, std::string>> secret_set(const tables::Client& client) {
  std::set<std::pair<std::string, std::string>> all;
  for (const tables::ClientSecretRow& secret : secrets_of(client))
    all.emplace(secret.id, secret.hash);
  return all;
}

}  // namespace

Result<std::optional<tables::Role>> SettingsWriter::find(const std::string& name) const {
  return s_.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::Role>> {
    return tables::find_role_by_name(tx, name);
  });
}

Result<bool> SettingsWriter::add(const tables::Role& role) {
  if (!is_role_name(role.name)) return wrong("this is not a valid role name");
  if (const auto there = TRY(find(role.name))) {
    if (there->permissions == role.permissions) return false;
    return wrong("a role with this name exists and has other permissions");
  }
  if (options_.is_dry_run) return true;
  tables::Role made = TRY(add_role(s_, role.name, role.description, role.permissions, origin_));
  ids_[made.name] = made.id.value;
  if (role.created_at <= Time{}) return true;
  made.created_at = role.created_at;
  TRY(s_.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::roles.put(tx, tables::big_endian(made.id.value), made);
    return {};
  }));
  return true;
}

Result<bool> SettingsWriter::add(const tables::Resource& resource) {
  for (const tables::Resource& there : TRY(list_resources(s_))) {
    if (there.identifier != resource.identifier) continue;
    if (there.scopes == resource.scopes) return false;
    return wrong("a resource with this identifier exists and has other scopes");
  }
  if (!options_.is_dry_run) TRY(add_resource(s_, resource, origin_));
  return true;
}

Result<bool> SettingsWriter::add(const ClientRecord& record) {
  const tables::Client& client = record.client;
  if (client.id.empty() || client.id.size() > kMaxClientKey)
    return wrong("this is not a valid client id");
  TRY(check_secrets(client));
  tables::Client made = client;
  const Time now = s_.clock.now();
  if (made.created_at <= Time{}) made.created_at = now;
  made.updated_at = now;
  const std::vector<tables::Client> all = TRY(list_clients(s_));
  for (const tables::Client& there : all) {
    if (there.id != client.id) continue;
    // What the configuration declares, only the configuration changes.
    if (there.configured || secret_set(there) == secret_set(client)) return false;
    return wrong("a client with this id exists and has another secret");
  }
  if (all.size() >= kMaxClients) return wrong("there are already 1000 clients");
  // In a dry run, the roles and resources that the file brings are not there.
  if (options_.is_dry_run) return true;
  return s_.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    TRY(check_client(tx, made));
    if (!record.logo.empty()) put_client_logo(tx, made, client_logo_of(record.logo, now));
    remove_stale_logo(tx, made);
    save_client(tx, made);
    audit(s_, tx, origin_, {"client_added", std::nullopt, "ok", made.id}, now);
    return true;
  });
}

Result<bool> SettingsWriter::add(const PairwiseKey& record) {
  if (options_.is_dry_run) return true;
  return take_pairwise_key(s_, record.key);
}

Result<std::vector<uint64_t>> SettingsWriter::role_ids(const std::vector<std::string>& names,
                                                       uint64_t& made) {
  std::vector<uint64_t> ids;
  for (const std::string& name : names) {
    auto known = ids_.find(name);
    if (known == ids_.end()) {
      std::optional<tables::Role> role = TRY(find(name));
      if (!role) {
        role = tables::Role{};
        if (!options_.is_dry_run) role = TRY(add_role(s_, name, "", {}, origin_));
        made += 1;
      }
      known = ids_.emplace(name, role->id.value).first;
    }
    ids.push_back(known->second);
  }
  return ids;
}

}  // namespace authd::auth::transfer
