// Explains what an application's authorization request leads to, for one person, right after their
// login. The decision is the one of the server (auth/oauth/requests/authorization.h), and nothing
// is written.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/upkeep/explanation.h"

namespace authd::auth {

struct AuthorizationQuestion {
  std::string client;
  // The address or its query to which the application sends the browser; empty: an ordinary request
  // of the client.
  std::string request;
  std::string login;  // of the person
  IpAddress address;  // of the browser; the default stands for one without
};

// Error: `not_found` for a person who has no account.
Result<Explanation> explain_authorization(const Services& s, const AuthorizationQuestion& question);

}  // namespace authd::auth
