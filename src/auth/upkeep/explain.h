// Explains to the operator why a credential is accepted or refused now, and how a login to an
// account would go (`authd explain`). The answers come from the same functions that decide
// (trace.h), and nothing is counted or written.
#pragma once

#include <string_view>

#include "auth/core/services.h"
#include "auth/upkeep/explanation.h"

namespace authd::auth {

// An access token, refresh token, API key or the value of a session cookie. The text that precedes
// it in a header ("Bearer …", "authd_session=…") may be included.
Result<Explanation> explain_token(const Services& s, std::string_view text, Time now);

// A login with the correct password, from the address. The default address stands for a client
// without an address, on a unix socket.
Result<Explanation> explain_login(const Services& s, std::string_view login,
                                  const IpAddress& address);

}  // namespace authd::auth
