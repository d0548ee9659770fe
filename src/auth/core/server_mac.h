// The server's MACs, over data that it hands out and must recognise later.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

// HMAC-SHA256 with a key of the server that is used only for this purpose.
std::string server_mac(const Services& s, std::string_view purpose, std::string_view data);

}  // namespace authd::auth
