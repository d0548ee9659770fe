// An ID token that comes back to this server, to say who is meant (id_token_hint: OpenID Connect
// Core section 3.1.2.1, RP-Initiated Logout section 2). It may have expired.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

// The `typ` of ID tokens. Access tokens have another, so that neither passes for the other.
inline constexpr std::string_view kIdTokenType = "JWT";

struct IdTokenHint {
  std::string subject;
  std::string client_id;  // its audience
  std::string sid;
};

// nullopt unless this server signed it as an ID token. Errors only for faults of this server.
Result<std::optional<IdTokenHint>> read_id_token_hint(const Services& s, std::string_view token);

}  // namespace authd::auth
