// The names in the server's tokens: who issued them and for whom (iss and aud, RFC 7519 section
// 4.1). The server stores the names from its configuration, so that commands, whose configuration
// is often incomplete, issue and recognise the same tokens.
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

// Stores the names from `s.config`, unless they are already stored.
Result<void> record_token_names(const Services& s);

// The names that a server stored last; nullopt when none ever did.
Result<std::optional<TokenNames>> recorded_token_names(store::Store& store);

// The version of the server that was started last, for other processes (`authd doctor`).
Result<void> record_server_version(store::Store& store);
Result<std::string> recorded_server_version(store::Store& store);  // empty: none was recorded

}  // namespace authd::auth
