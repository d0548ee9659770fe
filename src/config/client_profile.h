// How authd treats what a client asks for: how long its sessions, tokens and links are valid, and
// where its links lead. Sessions, mails and requests carry the name of their client, and code that
// needs a rule asks the profile of that name, never the name itself.
//
// The replaced APIs (config/compat.h) are clients with a built-in profile. The canonical API is the
// client without a name, whose profile leaves the configured values unchanged. Clients that
// operators add get theirs from their settings in the same struct. How errors look is not here: a
// request can be refused before its client is known, so the route says it (api/core/context.h).
#pragma once

#include <array>
#include <string_view>

#include "base/time.h"
#include "config/compat.h"
#include "config/lifetimes.h"

namespace authd::config {

struct ClientProfile {
  std::string_view name;
  // Zero means the configured value.
  Milliseconds access_ttl{};
  Milliseconds session_ttl{};  // from the login, a refresh or a renewal
  Milliseconds idle_timeout{};
  // Of the links in mails, from the request.
  Milliseconds verify_link_life = kVerifyLinkLifetime;
  Milliseconds reset_link_life = kResetLinkLifetime;
  // Empty means the path of the canonical API.
  std::string_view verify_path{};      // the link that confirms an address: this path and the token
  std::string_view federation_path{};  // where providers send the browser back to
  // An access token can be exchanged for its successor. It expires a few minutes before its
  // session, so most renewals write nothing.
  bool renews_tokens = false;
  // A login that needs a mailed code gets it from auth/signin/passwordless.h, in addition to the
  // password.
  bool has_second_codes = false;
};

inline constexpr std::array kBuiltInProfiles = {
    ClientProfile{.name = kSecureauth,
                  .access_ttl = std::chrono::hours(1),
                  .session_ttl = std::chrono::hours(1)},
    ClientProfile{.name = kFacade,
                  .access_ttl = std::chrono::minutes(35),
                  .session_ttl = std::chrono::minutes(36),
                  .renews_tokens = true},
    ClientProfile{.name = kFastapi},
    ClientProfile{.name = kOauthapp,
                  .access_ttl = std::chrono::minutes(30),
                  .session_ttl = std::chrono::days(1),
                  .idle_timeout = std::chrono::minutes(20),
                  .verify_link_life = std::chrono::hours(1),
                  .reset_link_life = std::chrono::minutes(10),
                  .verify_path = "/confirm/",
                  .federation_path = "/auth/google/callback",
                  .has_second_codes = true},
};
static_assert(kBuiltInProfiles.size() == kCompatApis.size());

// The profile of the client. Any name without one has the profile that changes nothing.
constexpr ClientProfile profile_of(std::string_view client) {
  for (const ClientProfile& profile : kBuiltInProfiles) {
    if (profile.name == client) return profile;
  }
  return {};
}

}  // namespace authd::config
