// Whether anybody can sign in at all, as far as the configuration shows.
#pragma once

#include "base/result.h"
#include "config/config.h"

namespace authd::auth {

// Error: `usage`, when none of login.methods can work here (passkeys that no browser makes for this
// address, providers of which there are none), or passkeys.required_for keeps people out whom
// nothing could let in (relying_party.h).
Result<void> check_ways_in(const config::Config& config);

}  // namespace authd::auth
