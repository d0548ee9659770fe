// Sends a browser that is not signed in from an application behind a proxy to the sign-in page and
// back (/auth/verify, api/endpoints/verify.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/trace.h"
#include "config/config.h"

namespace authd::auth {

// The browser's original request to the proxy.
struct OriginalRequest {
  bool is_secure = false;
  std::string host;  // including the port
  std::string uri;   // path and query
};

// The address of the sign-in page, with the return address: the original one, or the root of its
// host if that is too long (return_address.h). nullopt if the browser could not
// return, or would loop: when the return address is not allowed (return_address.h), when the
// request was for the sign-in page itself, and when the session cookie is not sent to the original
// host or scheme, so every return would lead back to the sign-in page.
std::optional<std::string> sign_in_address(const config::Config& config,
                                           const OriginalRequest& original, Trace* trace = nullptr);

}  // namespace authd::auth
