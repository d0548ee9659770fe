#include "auth/oauth/clients/resources.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/keyring.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxIdentifier = 400;  // bytes; keys of rows have less than 512
constexpr Milliseconds kMinTtl = std::chrono::seconds(10);

Error wrong(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

Error no_resource(std::string_view identifier) {
  return Error{ErrorCode::not_found, "There is no resource \"" + std::string(identifier) + "\"."};
}

// RFC 8707 section 2: an absolute URI without a fragment.
Result<void> check_identifier(const Services& s, std::string_view text) {
  const auto colon = std::find(text.begin(), text.end(), ':');
  const bool has_scheme = colon != text.begin() && colon != text.end() && colon + 1 != text.end();
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\';
  });
  if (!has_scheme || !is_plain || text.size() > kMaxIdentifier) {
    return wrong("identifier",
                 "A resource is named by an absolute URI without a fragment, of at most 400 bytes: "
                 "https://api.example.org.");
  }
  if (text != s.config.tokens.issuer && text != s.config.tokens.audience) return {};
  return wrong("identifier", "This is the name of this server itself.");
}

Result<void> check_resource(const Services& s, tables::Resource& resource) {
  resource.name = TRY(parse_shown_name(resource.name, "name"));
  if (resource.scopes.size() > kMaxListed) return wrong("scopes", "There are more than 50 scopes.");
  for (const std::string& scope : resource.scopes) {
    if (!is_scope(scope)) {
      return wrong("scopes", "A scope is 1 to 100 printable characters without spaces.");
    }
    if (is_supported_scope(s.config, scope)) {
      return wrong("scopes",
                   "\"" + scope + "\" is a scope of this server itself, for data about people.");
    }
  }
  const Milliseconds life(
      static_cast<int64_t>(std::min<uint64_t>(resource.access_ttl_ms, INT64_MAX)));
  if (life == Milliseconds(0) || (life >= kMinTtl && life <= kMaxAccessTokenLife)) return {};
  return wrong("access_ttl", "This must be 0, or from 10s to 24h.");
}

Error too_many() {
  return Error{ErrorCode::invalid, "There are already 1000 resources, which is the maximum."};
}

}  // namespace

Result<std::vector<tables::Resource>> list_resources(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<std::vector<tables::Resource>> {
    std::vector<tables::Resource> all;
    tables::resources.scan(tx, "", "", [&](std::string_view, tables::Resource resource) {
      all.push_back(std::move(resource));
      return true;
    });
    return all;
  });
}

Result<tables::Resource> add_resource(const Services& s, tables::Resource resource,
                                      const Origin& origin) {
  TRY(check_identifier(s, resource.identifier));
  TRY(check_resource(s, resource));
  if (TRY(list_resources(s)).size() >= kMaxResourceRows) return too_many();
  const Time now = s.clock.now();
  resource.created_at = now;
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Resource> {
    if (tables::resources.find(tx, resource.identifier)) {
      return refused(ErrorCode::conflict, "resource_exists", "There is already such a resource.");
    }
    tables::resources.put(tx, resource);
    audit(s, tx, origin, {"resource_added", std::nullopt, "ok", resource.identifier}, now);
    return resource;
  });
}

Result<tables::Resource> change_resource(const Services& s, std::string_view identifier,
                                         const ResourceChange& change, const Origin& origin) {
  if (identifier.size() > kMaxIdentifier) return no_resource(identifier);
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Resource> {
    std::optional<tables::Resource> resource = tables::resources.find(tx, identifier);
    if (!resource) return no_resource(identifier);
    if (change.name) resource->name = *change.name;
    if (change.scopes) resource->scopes = *change.scopes;
    if (change.access_ttl) {
      resource->access_ttl_ms = static_cast<uint64_t>(change.access_ttl->count());
    }
    TRY(check_resource(s, *resource));
    tables::resources.put(tx, *resource);
    audit(s, tx, origin, {"resource_changed", std::nullopt, "ok", identifier}, now);
    return std::move(*resource);
  });
}

Result<Put<tables::Resource>> look_at_resource(const Services& s, store::Reader& tx,
                                               const tables::Resource& wanted) {
  TRY(check_identifier(s, wanted.identifier));
  Put<tables::Resource> put;
  put.before = tables::resources.find(tx, wanted.identifier);
  put.row = put.before.value_or(wanted);
  put.row.name = wanted.name;
  put.row.scopes = wanted.scopes;
  put.row.access_ttl_ms = wanted.access_ttl_ms;
  TRY(check_resource(s, put.row));
  const bool is_same = put.before && tables::encode_row(*put.before) == tables::encode_row(put.row);
  put.outcome = !put.before ? PutOutcome::made : is_same ? PutOutcome::same : PutOutcome::changed;
  return put;
}

Result<Put<tables::Resource>> put_resource(const Services& s, const tables::Resource& wanted,
                                           const Origin& origin) {
  TRY(check_identifier(s, wanted.identifier));
  const bool is_full = TRY(list_resources(s)).size() >= kMaxResourceRows;
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Put<tables::Resource>> {
    Put<tables::Resource> put = TRY(look_at_resource(s, tx, wanted));
    const bool is_new = put.outcome == PutOutcome::made;
    if (is_new && is_full) return too_many();
    if (put.outcome == PutOutcome::same) return put;
    if (is_new) put.row.created_at = now;
    tables::resources.put(tx, put.row);
    const std::string_view action = is_new ? "resource_added" : "resource_changed";
    audit(s, tx, origin, {action, std::nullopt, "ok", put.row.identifier}, now);
    return put;
  });
}

Result<void> delete_resource(const Services& s, std::string_view identifier, const Origin& origin) {
  if (identifier.size() > kMaxIdentifier) return no_resource(identifier);
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (!tables::resources.find(tx, identifier)) return no_resource(identifier);
    tables::resources.del(tx, identifier);
    audit(s, tx, origin, {"resource_removed", std::nullopt, "ok", identifier}, now);
    return {};
  });
}

}  // namespace authd::auth
