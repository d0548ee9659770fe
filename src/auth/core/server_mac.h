// The MACs of the server: over what it hands out and wants to know again.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

// HMAC-SHA256 under a key of the server's for this purpose alone.
std::string server_mac(const Services& s, std::string_view purpose, std::string_view data);

}  // namespace authd::auth
