// What a client would get for a person, without creating anything.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Each the claims as JSON.
struct Preview {
  std::string id_token;
  std::string access_token;
  std::string userinfo;
};

// As after a login of the person now, with these scopes ("openid email"; empty: all that the client
// may ask for, but for offline_access). The person need not be one who may enter. Error:
// `not_found` for an unknown client.
Result<Preview> preview_tokens(const Services& s, std::string_view client, const tables::User& user,
                               std::string_view scopes);

}  // namespace authd::auth
