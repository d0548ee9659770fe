// How a grant depends on the browser session that allowed it.
#pragma once

#include <algorithm>
#include <string_view>

#include "tables/schema.h"

namespace authd::auth {

// OpenID Connect Core section 11.
inline constexpr std::string_view kOfflineScope = "offline_access";

// Whether the grant depends on a browser session: false once it has outlived that session.
inline bool names_session(const tables::Grant& grant) {
  return !grant.session.empty();
}

// Whether the grant survives the end of the session that it names. A grant that is not open yet
// does not: after a sign-out, no application may still get tokens. A grant of an earlier release,
// or of a device without a browser, names no session.
inline bool outlives_session(const tables::Grant& grant) {
  if (!names_session(grant)) return true;
  return grant.is_open &&
         std::find(grant.scopes.begin(), grant.scopes.end(), kOfflineScope) != grant.scopes.end();
}

}  // namespace authd::auth
