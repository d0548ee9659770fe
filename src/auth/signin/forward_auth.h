// Sending a browser that is not signed in from an application behind a proxy to the sign-in page,
// and back (/auth/verify, api/verify.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/trace.h"
#include "config/config.h"

namespace authd::auth {

// What the browser asked the proxy for.
struct OriginalRequest {
  bool is_secure = false;
  std::string host;  // with its port
  std::string uri;   // path and query
};

// The sign-in page with the way back. nullopt where that would lead nowhere, or round in circles:
// to an address that is not allowed (return_address.h), from the sign-in page itself, and from a
// host or scheme that the session cookie never reaches, where every way back ends at the sign-in
// page again.
std::optional<std::string> sign_in_address(const config::Config& config,
                                           const OriginalRequest& original, Trace* trace = nullptr);

}  // namespace authd::auth
