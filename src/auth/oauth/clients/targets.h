// Which resources a client's tokens are for (RFC 8707).
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxResources = 10;  // of one request

// The rows of these resources, which must be registered, and be among those of the client; a client
// that registered itself may name any. Error: `malformed`, "invalid_target".
Result<std::vector<tables::Resource>> resources_for(store::Reader& tx, const tables::Client& client,
                                                    const std::vector<std::string>& identifiers);

// The part of `granted` that a request at the token endpoint wants: all of it if it names none.
// Error: `malformed`, "invalid_target", for one that was not granted.
Result<std::vector<std::string>> narrowed_resources(const std::vector<std::string>& granted,
                                                    const std::vector<std::string>& wanted);

// The part of `granted` that `scope` names: all of it if that is empty. Error: `malformed`,
// "invalid_scope", for one that was not granted (RFC 6749 section 6).
Result<std::vector<std::string>> narrowed_scopes(const std::vector<std::string>& granted,
                                                 std::string_view scope);

// How long an access token of the client for these resources lives: the shortest life that anybody
// set, at most kMaxAccessTokenLife.
Seconds access_life(const config::Config& config, const tables::Client& client,
                    const std::vector<tables::Resource>& resources);

// How long a refresh token of the client lives that nobody uses.
Milliseconds refresh_life(const config::Config& config, const tables::Client& client);

}  // namespace authd::auth
