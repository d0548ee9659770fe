// The text of an API key: "authd_pat_", user and number (eleven digits each), forty random digits,
// and a checksum of six, all to the base 62 (0-9 A-Z a-z). The checksum is the CRC-32 (ISO 3309, as
// in zip) of all that stands before it: whoever scans for leaked secrets tells one from noise
// without asking.
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

// A fresh one; never the same twice.
std::string make_api_key_text(Random& random, const ApiKeyName& name);

// Whose it says it is; nullopt when it is no such text. Whether it is good, only the store knows.
std::optional<ApiKeyName> parse_api_key_text(std::string_view text);

}  // namespace authd::auth
