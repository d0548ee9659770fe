// Explains to the operator why a credential is accepted or refused now, and how a login to an
// account would go (`authd explain`). The answers come from the same functions that decide
// (trace.h), and nothing is counted or written.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "tables/schema.h"

namespace authd::auth {

struct Explanation {
  std::string what;  // "access token", "account ann"
  // What the credential contains and what is known about it: names and values. Do not trust these
  // when the token is refused.
  std::vector<std::pair<std::string, std::string>> says;
  Trace trace;
  bool is_accepted = false;
  std::string verdict;                     // one sentence
  std::vector<tables::AuditEntry> recent;  // of the account, newest first
};

// An access token, refresh token, API key or the value of a session cookie. The text that precedes
// it in a header ("Bearer …", "authd_session=…") may be included.
Result<Explanation> explain_token(const Services& s, std::string_view text, Time now);

// A login with the correct password, from the address. The default address stands for a client
// without an address, on a unix socket.
Result<Explanation> explain_login(const Services& s, std::string_view login,
                                  const IpAddress& address);

}  // namespace authd::auth
