// X-Auth-*: the headers in which /auth/verify tells the application who its user is (verify.cpp).
// The application trusts them, so clients must not send them, in any spelling.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/wire/message.h"

namespace authd::api {

// Whether some application reads the header as X-Auth-*: its name begins with "x-auth-" when case
// is ignored and every character that is not a letter or a digit counts as "-". Applications
// receive headers as variables (CGI, RFC 3875 section 4.1.18), where "-" becomes "_". PHP also
// turns "." into "_", and some gateways turn every such character into "_". So X.Auth.User and
// X-Auth-User become one variable, and either the last or the first of them wins.
bool reads_as_identity(std::string_view name);

// Error: `forbidden`, "forged_identity", naming the first such header of the request. It is not
// `malformed`, because nginx passes on a 403 from the server that it asks, but turns a 400 into a
// 500.
Result<void> refuse_forged_identity(const http::Request& request);

}  // namespace authd::api
