// The parameter `claims` (OpenID Connect Core section 5.5): single claims that a client asks for,
// in the ID token or at userinfo, besides those of its scopes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace authd::auth {

struct AskedClaims {
  std::vector<std::string> userinfo;
  std::vector<std::string> id_token;
  std::vector<std::string> acrs;  // that the ID token may have; empty: any
  bool is_acr_essential = false;
  std::string subject;  // that the person must be; empty: anybody
};

// Empty text asks for nothing. Names that this server does not know are kept: they are ignored
// where claims are written. Error: `malformed`, "invalid_request".
Result<AskedClaims> parse_asked_claims(std::string_view json);

}  // namespace authd::auth
