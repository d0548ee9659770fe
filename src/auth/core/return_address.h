// The addresses to which a browser may be sent after signing in. Anybody can put such an address
// into a link, so it must not lead to a foreign site (CWE-601): it is either a path of this server,
// or its origin is listed in the configuration.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace authd::auth {

// Bytes. A path of this server may carry an authorization request
// (auth/oauth/protocol/carried_request.h); nginx accepts a request line of 8 KiB.
inline constexpr size_t kMaxReturnAddress = 2000;
inline constexpr size_t kMaxLocalPath = 6200;

// A path of this server: "/account?tab=2", but not "//elsewhere.example" or anything that some
// browser treats like that.
bool is_local_path(std::string_view text);

// Returns the address if it is a local path, or its origin is that of public_url or in
// pages.return_origins. Error: `invalid`, field "return_to".
Result<std::string> return_address(const config::Config& config, std::string_view text);

}  // namespace authd::auth
