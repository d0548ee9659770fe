// Why a credential is accepted or refused now, and how a login of an account would go: for the
// operator (`authd explain`). The answers come from the functions that decide (trace.h), and
// nothing is counted or written.
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
  // What stands in it, or is known of it: names and values. Not to be believed of a token that is
  // refused.
  std::vector<std::pair<std::string, std::string>> says;
  Trace trace;
  bool is_accepted = false;
  std::string verdict;                     // one sentence
  std::vector<tables::AuditEntry> recent;  // of the account, newest first
};

// An access token, refresh token, API key or the value of a session cookie; also with what stands
// before it in a header ("Bearer …", "authd_session=…").
Result<Explanation> explain_token(const Services& s, std::string_view text, Time now);

// A login with the right password, from the address; the default address is that of a client
// without one, on a unix socket.
Result<Explanation> explain_login(const Services& s, std::string_view login,
                                  const IpAddress& address);

}  // namespace authd::auth
