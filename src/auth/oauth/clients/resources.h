// The APIs that clients' tokens can be for (RFC 8707).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/put.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxResourceRows = 1000;

// In order of their identifiers.
Result<std::vector<tables::Resource>> list_resources(const Services& s);

// The identifier is an absolute URI without a fragment, and neither tokens.audience nor the issuer:
// those are this server's own. Errors: `invalid`, with the field; `conflict`, "resource_exists".
Result<tables::Resource> add_resource(const Services& s, tables::Resource resource,
                                      const Origin& origin);

struct ResourceChange {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> scopes;
  std::optional<Milliseconds> access_ttl;  // 0: that of the client
};
// Errors: `not_found`; `invalid`, with the field.
Result<tables::Resource> change_resource(const Services& s, std::string_view identifier,
                                         const ResourceChange& change, const Origin& origin);

// Brings the resource into this state, whether or not it exists. Errors: as add_resource(), without
// `conflict`.
Result<Put<tables::Resource>> put_resource(const Services& s, const tables::Resource& wanted,
                                           const Origin& origin);

// What put_resource() would store now. Errors: `invalid`, with the field.
Result<Put<tables::Resource>> look_at_resource(const Services& s, store::Reader& tx,
                                               const tables::Resource& wanted);

// Clients that may have tokens for it lose that. Error: `not_found`.
Result<void> delete_resource(const Services& s, std::string_view identifier, const Origin& origin);

}  // namespace authd::auth
