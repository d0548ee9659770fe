// What an API says about itself to programs (RFC 9728): which server its tokens come from, and
// which scopes it knows. A program that gets a 401 from the API finds its way with that.
#pragma once

#include <string>

#include "auth/core/services.h"
#include "base/json_writer.h"
#include "tables/schema.h"

namespace authd::auth {

// For a registered API, whose server has to publish it: for the identifier
// https://api.example.org/mcp at https://api.example.org/.well-known/oauth-protected-resource/mcp
// (section 3.1).
void write_resource_metadata(JsonWriter& json, const config::Config& config,
                             const tables::Resource& resource);
// The address for that; empty if the identifier is no http or https address.
std::string resource_metadata_address(std::string_view identifier);

// For the API of this server.
void write_own_resource_metadata(JsonWriter& json, const config::Config& config);

}  // namespace authd::auth
