// The APIs of the services that authd replaces (compat.enabled), and how long their tokens and
// links are valid. A session carries the name of the API that created it; a session of the
// canonical API has none.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/time.h"
#include "config/lifetimes.h"

namespace authd::config {

// Zero means the configured value, or that of config/lifetimes.h.
struct CompatApi {
  std::string_view name;
  Milliseconds access_ttl{};
  Milliseconds session_ttl{};  // from the login, a refresh or a renewal
  Milliseconds idle_timeout{};
  Milliseconds verify_link{};
  Milliseconds reset_link{};
  std::string_view verify_path{};      // the link that confirms an address: this path and the token
  std::string_view federation_path{};  // where providers send the browser back to
  // An access token can be exchanged for its successor. It expires a few minutes before its
  // session, so most renewals write nothing.
  bool renews_tokens = false;
  // A login that needs a mailed code gets it from auth/signin/passwordless.h, in addition to the
  // password.
  bool has_second_codes = false;
};

inline constexpr std::string_view kSecureauth = "secureauth";
inline constexpr std::string_view kFacade = "facade";
inline constexpr std::string_view kFastapi = "fastapi";
inline constexpr std::string_view kOauthapp = "oauthapp";

inline constexpr std::array kCompatApis = {
    CompatApi{.name = kSecureauth,
              .access_ttl = std::chrono::hours(1),
              .session_ttl = std::chrono::hours(1)},
    CompatApi{.name = kFacade,
              .access_ttl = std::chrono::minutes(35),
              .session_ttl = std::chrono::minutes(36),
              .renews_tokens = true},
    CompatApi{.name = kFastapi},
    CompatApi{.name = kOauthapp,
              .access_ttl = std::chrono::minutes(30),
              .session_ttl = std::chrono::days(1),
              .idle_timeout = std::chrono::minutes(20),
              .verify_link = std::chrono::hours(1),
              .reset_link = std::chrono::minutes(10),
              .verify_path = "/confirm/",
              .federation_path = "/auth/google/callback",
              .has_second_codes = true},
};

// The API of that name. Any other name gives an API that changes nothing of the configuration.
constexpr CompatApi compat_api(std::string_view name) {
  for (const CompatApi& api : kCompatApis) {
    if (api.name == name) return api;
  }
  return {};
}

// How long a link is valid that was requested through the API.
constexpr Milliseconds verify_link_life(std::string_view api) {
  const Milliseconds own = compat_api(api).verify_link;
  return own == Milliseconds(0) ? kVerifyLinkLifetime : own;
}
constexpr Milliseconds reset_link_life(std::string_view api) {
  const Milliseconds own = compat_api(api).reset_link;
  return own == Milliseconds(0) ? kResetLinkLifetime : own;
}

}  // namespace authd::config
