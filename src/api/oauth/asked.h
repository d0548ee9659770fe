// What an application asks a person for, as the pages that ask show it.
#pragma once

#include "auth/oauth/requests/authorization_request.h"
#include "base/json_writer.h"

namespace authd::api::oauth {

// Members of the object that is open: "client", "scopes", "attributes", "resources".
void write_asked(JsonWriter& json, const config::Config& config,
                 const auth::AuthorizationRequest& request);

}  // namespace authd::api::oauth
