// Logout tokens: they tell an application that somebody was signed out (OpenID Connect Back-Channel
// Logout 1.0 section 2.4).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Each attempt gets a token of its own, with the same `jti`.
inline constexpr Seconds kLogoutTokenLife = std::chrono::minutes(2);

inline constexpr std::string_view kLogoutTokenType = "logout+jwt";

// A signed token, with the algorithm of the client's ID tokens (section 2.6). It names the person
// and the session as those do. Error: `unavailable`.
Result<std::string> make_logout_token(const Services& s, const tables::Client& client,
                                      const tables::LogoutDelivery& delivery, Time now);

}  // namespace authd::auth
