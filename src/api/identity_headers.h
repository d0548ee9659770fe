// X-Auth-*: the headers in which /auth/verify tells the application who its user is (verify.cpp).
// The application believes them, so a client must not send them, in any spelling.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace authd::api {

// Whether some application reads the header as X-Auth-*: the name begins with "x-auth-" when every
// character that is not a letter or a digit counts as "-", and case does not count. Applications
// get headers as variables (CGI, RFC 3875 section 4.1.18), where "-" becomes "_". PHP also makes
// "_" of ".", and some gateways make it of every such character; so X.Auth.User and X-Auth-User are
// one variable, and the last or the first of them wins.
bool reads_as_identity(std::string_view name);

// Error: `forbidden`, "forged_identity", which names the first such header of the request. It is
// not `malformed`: nginx passes on the 403 of the server that it asks, and makes a 500 of a 400.
Result<void> refuse_forged_identity(const http::Request& request);

}  // namespace authd::api
