// The text of an API key: "authd_pat_", the user and the number (eleven digits each), forty random
// digits, and a checksum of six, all in base 62 (0-9 A-Z a-z). The checksum is the CRC-32 (ISO
// 3309, as in zip) of everything before it, so a scanner for leaked secrets can recognise a key
// without asking the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/random.h"
#include "base/secret.h"

namespace authd::auth {

inline constexpr std::string_view kApiKeyPrefix = "authd_pat_";

struct ApiKeyName {
  UserId user;
  uint64_t number = 0;
};

// The beginning of the key's text, which is not secret: it identifies a key that was found
// somewhere.
std::string api_key_beginning(const ApiKeyName& name);

// A new key; never the same twice.
std::string make_api_key_text(Random& random, const ApiKeyName& name);

// The user and number that the text names; nullopt when it is not the text of an API key. Only the
// store knows whether the key is valid.
std::optional<ApiKeyName> parse_api_key_text(std::string_view text);

}  // namespace authd::auth
