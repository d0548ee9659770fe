// The names in the server's tokens: who issued them and for whom (iss and aud, RFC 7519 section
// 4.1). The server writes down those of its configuration, so that commands, which often have less
// of a configuration than it, make and know the same tokens.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"

namespace authd::auth {

struct TokenNames {
  std::string issuer;
  std::string audience;

  friend bool operator==(const TokenNames&, const TokenNames&) = default;
};

// Writes the names of `s.config` down, unless they are there.
Result<void> record_token_names(const Services& s);

// What the server wrote last; nullopt when none ever did.
Result<std::optional<TokenNames>> recorded_token_names(store::Store& store);

// The version of the server that was started last, for who comes beside it (`authd doctor`).
Result<void> record_server_version(store::Store& store);
Result<std::string> recorded_server_version(store::Store& store);  // empty: none was recorded

}  // namespace authd::auth
