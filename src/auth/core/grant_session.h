// What a grant has to do with the browser session that allowed it.
#pragma once

#include <algorithm>
#include <string_view>

#include "tables/schema.h"

namespace authd::auth {

// OpenID Connect Core section 11.
inline constexpr std::string_view kOfflineScope = "offline_access";

// Whether the grant goes on after the end of the session that it names. One that is not open yet
// does not: who has signed out has not got an application's tokens a moment later. A grant of an
// earlier release, or of a device without a browser, names no session.
inline bool outlives_session(const tables::Grant& grant) {
  if (grant.session.empty()) return true;
  return grant.is_open &&
         std::find(grant.scopes.begin(), grant.scopes.end(), kOfflineScope) != grant.scopes.end();
}

}  // namespace authd::auth
