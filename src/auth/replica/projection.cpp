#include "auth/replica/projection.h"

#include <algorithm>
#include <array>

#include "auth/sessions/session_cookie.h"
#include "base/check.h"
#include "crypto/digest.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

using Bytes = std::optional<std::string>;

Bytes user_row(std::string_view row) {
  const auto from = tables::decode_row<tables::User>(row, tables::users.name());
  tables::User to;
  to.id = from.id;
  to.username = from.username;
  to.email = from.email;
  to.email_verified = from.email_verified;
  to.role_ids = from.role_ids;
  to.disabled = from.disabled;
  to.created_at = from.created_at;
  to.last_activity = from.last_activity;
  to.session_epoch = from.session_epoch;
  to.awaits_email = from.awaits_email;
  to.way_epochs = from.way_epochs;
  to.role_grants = from.role_grants;
  to.role_since = from.role_since;
  to.subject = from.subject;
  return tables::encode_row(to);
}

Bytes session_row(const Services& s, std::string_view row) {
  const auto from = tables::decode_row<tables::Session>(row, tables::sessions.name());
  tables::Session to;
  to.id = from.id;
  to.user = from.user;
  to.epoch = from.epoch;
  to.generation = from.generation;
  to.created_at = from.created_at;
  to.rotated_at = from.rotated_at;
  to.expires_at = from.expires_at;
  to.auth_time = from.auth_time;
  to.amr = from.amr;
  to.scope = from.scope;
  to.client = from.client;
  to.idle_ms = from.idle_ms;
  to.kind = from.kind;
  if (from.kind == tables::SessionKind::browser) to.cookie_hash = cookie_hash(s, from);
  return tables::encode_row(to);
}

// Without what is symmetric: whoever could check it could sign.
Bytes key_row(const KeySet& keys, std::string_view row) {
  const auto from = tables::decode_row<tables::SigningKeyRow>(row, tables::signing_keys.name());
  const LoadedKey* loaded = keys.find(from.kid);
  tables::SigningKeyRow to;
  to.kid = from.kid;
  to.algorithm = from.algorithm;
  to.state = from.state;
  to.created_at = from.created_at;
  to.activated_at = from.activated_at;
  to.retired_at = from.retired_at;
  if (loaded != nullptr) to.public_jwk = loaded->key->public_jwk();
  return tables::encode_row(to);
}

Bytes api_key_row(std::string_view row) {
  const auto from = tables::decode_row<tables::ApiKey>(row, tables::api_keys.name());
  tables::ApiKey to;
  to.user = from.user;
  to.number = from.number;
  to.hash = from.hash;
  to.scopes = from.scopes;
  to.created_at = from.created_at;
  to.expires_at = from.expires_at;
  to.last_used = from.last_used;
  to.way_epoch = from.way_epoch;
  to.role_grants = from.role_grants;
  return tables::encode_row(to);
}

Bytes client_row(std::string_view row) {
  const auto from = tables::decode_row<tables::Client>(row, tables::clients.name());
  tables::Client to;
  to.id = from.id;
  to.name = from.name;
  to.created_at = from.created_at;
  to.grant_types = from.grant_types;
  to.is_public = from.is_public;
  to.scopes = from.scopes;
  to.roles = from.roles;
  to.groups = from.groups;
  to.group_names = from.group_names;
  to.group_separator = from.group_separator;
  to.resources = from.resources;
  to.audiences = from.audiences;
  to.disabled = from.disabled;
  to.requires_dpop = from.requires_dpop;
  to.is_pairwise = from.is_pairwise;
  to.is_fapi = from.is_fapi;
  to.origin = from.origin;
  to.document_at = from.document_at;
  to.is_replica = from.is_replica;
  return tables::encode_row(to);
}

Bytes grant_row(std::string_view row) {
  const auto from = tables::decode_row<tables::Grant>(row, tables::grants.name());
  tables::Grant to;
  to.id = from.id;
  to.user = from.user;
  to.client = from.client;
  to.session = from.session;
  to.epoch = from.epoch;
  to.scopes = from.scopes;
  to.resources = from.resources;
  to.created_at = from.created_at;
  to.auth_time = from.auth_time;
  to.amr = from.amr;
  to.generation = from.generation;
  to.rotated_at = from.rotated_at;
  to.expires_at = from.expires_at;
  to.is_open = from.is_open;
  return tables::encode_row(to);
}

Bytes role_row(std::string_view row) {
  const auto from = tables::decode_row<tables::Role>(row, tables::roles.name());
  tables::Role to;
  to.id = from.id;
  to.name = from.name;
  to.permissions = from.permissions;
  to.created_at = from.created_at;
  return tables::encode_row(to);
}

// Rows that hold no secret, without members that a newer release may have added.
template <const auto& table>
Bytes whole_row(std::string_view row) {
  using Row = typename std::remove_cvref_t<decltype(table)>::RowType;
  Row read = tables::decode_row<Row>(row, table.name());
  read.unknown.clear();
  return tables::encode_row(read);
}

}  // namespace

const std::string& replica_prefixes() {
  static const std::string prefixes = [] {
    std::string all{
        tables::keyrings.prefix(), tables::signing_keys.prefix(),   tables::users.prefix(),
        tables::sessions.prefix(), tables::api_keys.prefix(),       tables::clients.prefix(),
        tables::grants.prefix(),   tables::revoked_tokens.prefix(), tables::roles.prefix()};
    std::sort(all.begin(), all.end());
    return all;
  }();
  return prefixes;
}

std::optional<std::string> projected(const Services& s, const KeySet& keys, std::string_view key,
                                     std::string_view row) {
  switch (key.front()) {
    case tables::users.prefix(): return user_row(row);
    case tables::sessions.prefix(): return session_row(s, row);
    case tables::signing_keys.prefix(): return key_row(keys, row);
    case tables::api_keys.prefix(): return api_key_row(row);
    case tables::clients.prefix(): return client_row(row);
    case tables::grants.prefix(): return grant_row(row);
    case tables::roles.prefix(): return role_row(row);
    case tables::keyrings.prefix(): return whole_row<tables::keyrings>(row);
    case tables::revoked_tokens.prefix(): return whole_row<tables::revoked_tokens>(row);
    default: return std::nullopt;
  }
}

}  // namespace authd::auth
