#include "auth/upkeep/transfer/settings_writer.h"

#include "auth/core/audit.h"
#include "auth/core/identifiers.h"
#include "auth/oauth/client_logos.h"
#include "auth/oauth/client_rules.h"
#include "auth/oauth/clients.h"
#include "auth/oauth/resources.h"
#include "auth/sessions/roles.h"
#include "crypto/digest.h"
#include "tables/roles.h"

namespace authd::auth::transfer {
namespace {

Error wrong(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
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
  if (client.id.empty() || client.id.size() > kMaxClientId)
    return wrong("this is not a valid client id");
  const bool is_hash =
      client.secret_hash.empty() || client.secret_hash.size() == crypto::kSha256Bytes;
  const bool has_secret = !client.secret_hash.empty() || !client.secrets.empty();
  if (!is_hash || has_secret == client.is_public)
    return wrong("the secret_hash is not a SHA-256 hash");
  tables::Client made = client;
  const Time now = s_.clock.now();
  if (made.created_at <= Time{}) made.created_at = now;
  made.updated_at = now;
  const std::vector<tables::Client> all = TRY(list_clients(s_));
  for (const tables::Client& there : all) {
    if (there.id != client.id) continue;
    if (there.secret_hash == client.secret_hash && there.secrets == client.secrets) return false;
    return wrong("a client with this id exists and has another secret");
  }
  if (all.size() >= kMaxClients) return wrong("there are already 1000 clients");
  // In a dry run, the roles and resources that the file brings are not there.
  if (options_.is_dry_run) return true;
  return s_.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    TRY(check_client(tx, made));
    if (!record.logo.empty()) put_client_logo(tx, made, client_logo_of(record.logo, now));
    tables::clients.put(tx, made);
    audit(s_, tx, origin_, {"client_added", UserId{}, "ok", made.id}, now);
    return true;
  });
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
