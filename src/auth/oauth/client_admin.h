// What an administrator does with clients. A client has an id and a secret of 256 random bits, so
// storing its SHA-256 is safe.
#pragma once

#include <string>
#include <string_view>

#include "auth/oauth/clients.h"

namespace authd::auth {

struct MadeClient {
  tables::Client client;
  ClientSecret secret;  // shown only once
};

// `name` is for people: 1 to 100 code points. Errors: `invalid`.
Result<MadeClient> add_client(const Services& s, std::string_view name, const Origin& origin);
Result<void> delete_client(const Services& s, std::string_view id,
                           const Origin& origin);  // `not_found`

}  // namespace authd::auth
